import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { useGradually } from './use-gradually'

let waiting: (() => void)[] = []
beforeEach(() => {
  waiting = []
  vi.stubGlobal('requestIdleCallback', (then: () => void) => waiting.push(then))
})
afterEach(() => vi.unstubAllGlobals())
const idle = () => waiting.shift()?.()
const atOnce = () => Promise.resolve()

function made(count: () => number, begin = atOnce) {
  const scope = effectScope()
  const found = scope.run(() => useGradually(count, begin))
  if (!found) throw new Error('the scope is not active')
  return { ...found, stop: () => scope.stop() }
}

test('the first few are made at once, the others when the browser is idle, and not one too many', async () => {
  const { ready, stop } = made(() => 100)
  expect(ready.value).toBe(8)
  await nextTick()
  idle()
  expect(ready.value).toBe(16)
  while (waiting.length) idle()
  expect(ready.value).toBe(100)
  stop()
})

test('the others wait until it is time for them, and are not made where nobody looks any more', async () => {
  let isTime = () => {}
  const begin = () => new Promise<void>((resolve) => (isTime = resolve))
  const { ready, stop } = made(() => 100, begin)
  await nextTick()
  expect(waiting).toEqual([])
  isTime()
  await nextTick()
  expect(waiting).toHaveLength(1)
  stop()
  idle()
  const gone = made(() => 100, begin)
  gone.stop()
  isTime()
  await nextTick()
  expect(waiting).toEqual([])
  expect([ready.value, gone.ready.value]).toEqual([8, 8])
})

test('whoever wants to see one of the others has all of them at once', () => {
  const { ready, makeAll, stop } = made(() => 100, () => new Promise(() => {}))
  makeAll()
  expect(ready.value).toBe(100)
  stop()
})

test('another document with more pages goes on, one with fewer has no more than it has', async () => {
  const count = ref(3)
  const { ready, stop } = made(() => count.value)
  expect(ready.value).toBe(3)
  await nextTick()
  while (waiting.length) idle()
  count.value = 60
  await nextTick()
  await nextTick()
  while (waiting.length) idle()
  expect(ready.value).toBe(60)
  count.value = 2
  await nextTick()
  expect(ready.value).toBe(2)
  stop()
})
