import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { problemOf, ProblemError } from '@/api/client'
import type { DialogState, SignedOrder, SignResult } from '@/api/schema'
import { signOrder, type Dialogs, type ShownWindow } from './sign'

const ORDER: SignedOrder = { payload: '{}', signature: '' }
const RESULT: SignResult = { order_id: 'o', certificate_sha256: 'c', signature: 'AA==' }
const ADDRESS = 'http://127.0.0.1:17311/window/x'
const waiting: DialogState = { dialog_id: 'd', phase: 'waiting' }
const signed: DialogState = { dialog_id: 'd', phase: 'signed', result: RESULT }

const watcher = { onBlocked: vi.fn(), onTold: vi.fn() }

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetAllMocks()
})
afterEach(() => vi.useRealTimers())

/** A client that answers these states in turn, then waits until it is asked no longer. */
function clientSaying(states: DialogState[], afterCancel: DialogState = waiting) {
  return {
    open: vi.fn<Dialogs['open']>().mockResolvedValue({ dialog_id: 'd', window_url: ADDRESS }),
    cancel: vi.fn<Dialogs['cancel']>().mockResolvedValue(afterCancel),
    state: vi.fn<Dialogs['state']>().mockImplementation((_, signal) => {
      const next = states.shift()
      if (next) return Promise.resolve(next)
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
    }),
  }
}

function windowThat(is: { blocked?: boolean; closed?: boolean } = {}) {
  return { isBlocked: is.blocked ?? false, isClosed: is.closed ?? false, show: vi.fn<ShownWindow['show']>() }
}

const refusal = (promise: Promise<SignResult>) =>
  promise.then(
    () => null,
    (caught: unknown) => (caught as ProblemError).code,
  )

test('the window shows the client’s page and the result comes back', async () => {
  const view = windowThat()
  await expect(signOrder(clientSaying([waiting, signed]), ORDER, view, watcher)).resolves.toEqual(RESULT)
  expect(view.show).toHaveBeenCalledExactlyOnceWith(ADDRESS)
  expect(watcher.onBlocked).not.toHaveBeenCalled()
})

test('a wrong PIN is told while the client goes on waiting', async () => {
  const told = problemOf('PIN_INCORRECT', { tries_left: 5 }).report
  await signOrder(clientSaying([{ ...waiting, last_problem: told }, signed]), ORDER, windowThat(), watcher)
  expect(watcher.onTold).toHaveBeenCalledExactlyOnceWith(told)
})

test('a refusal of the client is the problem it named', async () => {
  const refused: DialogState = { dialog_id: 'd', phase: 'refused', problem: problemOf('PIN_LOCKED').report }
  expect(await refusal(signOrder(clientSaying([refused]), ORDER, windowThat(), watcher))).toBe('PIN_LOCKED')
})

test.each([{ blocked: true }, { closed: true }])('a window that is not there (%o) is offered as an address', async (is) => {
  const view = windowThat(is)
  await signOrder(clientSaying([signed]), ORDER, view, watcher)
  expect(watcher.onBlocked).toHaveBeenCalledExactlyOnceWith(ADDRESS)
  expect(view.show).not.toHaveBeenCalled()
})

test('closing the window gives the order up', async () => {
  const client = clientSaying([waiting])
  const view = windowThat()
  const outcome = refusal(signOrder(client, ORDER, view, watcher))
  await vi.advanceTimersByTimeAsync(1000)
  view.isClosed = true
  await vi.advanceTimersByTimeAsync(1000)
  expect(await outcome).toBe('PIN_CANCELLED')
  expect(client.cancel).toHaveBeenCalledExactlyOnceWith('d')
})

test('a window that closed because the key had signed loses nothing', async () => {
  const view = windowThat()
  const outcome = signOrder(clientSaying([waiting], signed), ORDER, view, watcher)
  await vi.advanceTimersByTimeAsync(500)
  view.isClosed = true
  await vi.advanceTimersByTimeAsync(500)
  await expect(outcome).resolves.toEqual(RESULT)
})
