import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { useGradually } from './use-gradually'

let frames: (() => void)[] = []
beforeEach(() => {
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  vi.stubGlobal('cancelAnimationFrame', () => (frames = []))
})
afterEach(() => {
  vi.unstubAllGlobals()
  frames = []
})
const shown = () => frames.shift()?.()

test('the first few are made at once, the others with the frames that are shown, and not one too many', () => {
  const scope = effectScope()
  const ready = scope.run(() => useGradually(() => 100))
  expect(ready?.value).toBe(8)
  shown()
  expect(ready?.value).toBe(48)
  while (frames.length) shown()
  expect(ready?.value).toBe(100)
  scope.stop()
})

test('another document with more pages goes on, one with fewer has no more than it has', async () => {
  const count = ref(3)
  const scope = effectScope()
  const ready = scope.run(() => useGradually(() => count.value))
  expect(ready?.value).toBe(3)
  while (frames.length) shown()
  count.value = 60
  await nextTick()
  while (frames.length) shown()
  expect(ready?.value).toBe(60)
  count.value = 2
  await nextTick()
  expect(ready?.value).toBe(2)
  scope.stop()
})
