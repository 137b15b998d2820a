import { afterEach, beforeEach, expect, test, vi } from 'vitest'

let told: (isReached: boolean, beganAt: number) => void
vi.mock('@/api/client', () => ({ whenReached: (then: typeof told) => (told = then) }))

async function watched() {
  vi.resetModules()
  const { useConnection, watchConnection } = await import('./connection')
  watchConnection()
  return useConnection()
}

beforeEach(() => vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a lost platform is asked for by itself until it is there, and that is told a moment', async () => {
  const fetched = vi.fn<typeof fetch>().mockRejectedValueOnce(new TypeError('down')).mockResolvedValue(new Response('{}'))
  vi.stubGlobal('fetch', fetched)
  const { state } = await watched()
  told(false, performance.now())
  expect(state.standing).toBe('lost')
  await vi.advanceTimersByTimeAsync(3000)
  expect(state.standing).toBe('lost')
  await vi.advanceTimersByTimeAsync(3000)
  expect(state.standing).toBe('back')
  expect(fetched).toHaveBeenCalledTimes(2)
  await vi.advanceTimersByTimeAsync(4000)
  expect(state.standing).toBe('good')
})

test('a late answer to what was asked before the loss does not count', async () => {
  const { state } = await watched()
  const before = performance.now()
  await vi.advanceTimersByTimeAsync(5)
  told(false, before)
  told(true, before)
  expect(state.standing).toBe('lost')
  await vi.advanceTimersByTimeAsync(5)
  told(true, performance.now())
  expect(state.standing).toBe('back')
})
