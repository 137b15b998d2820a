import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { problemOf, ProblemError } from '@/api/client'
import type { DialogState, SignedOrder, SignResult } from '@/api/schema'
import { ClientWindow, runDialog, signOrder, type Dialogs, type ShownWindow } from './sign'

const ORDER: SignedOrder = { payload: '{}', signature: '' }
const RESULT: SignResult = { order_id: 'o', certificate_sha256: 'c', signature: 'AA==' }
const ADDRESS = 'http://127.0.0.1:17311/window/x'
const waiting: DialogState = { dialog_id: 'd', phase: 'waiting' }
const signed: DialogState = { dialog_id: 'd', phase: 'signed', result: RESULT }

const watcher = { onBlocked: vi.fn(), onTold: vi.fn() }

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetAllMocks()
  sessionStorage.clear()
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

function windowThat({ shows = true } = {}) {
  return { isClosed: false, show: vi.fn<ShownWindow['show']>().mockReturnValue(shows) }
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

test('a page that cannot be shown is offered as an address', async () => {
  await signOrder(clientSaying([signed]), ORDER, windowThat({ shows: false }), watcher)
  expect(watcher.onBlocked).toHaveBeenCalledExactlyOnceWith(ADDRESS)
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

test('a dialog that was left by a reload is given up before the next one opens', async () => {
  const left = clientSaying([])
  left.state.mockRejectedValue(problemOf('CLIENT_NOT_FOUND'))
  expect(await refusal(signOrder(left, ORDER, windowThat(), watcher))).toBe('CLIENT_NOT_FOUND')
  const next = clientSaying([signed])
  await signOrder(next, ORDER, windowThat(), watcher)
  expect(next.cancel).toHaveBeenCalledExactlyOnceWith('d')
  expect(next.cancel.mock.invocationCallOrder[0]).toBeLessThan(next.open.mock.invocationCallOrder[0] ?? 0)

  const after = clientSaying([signed])
  await signOrder(after, ORDER, windowThat(), watcher)
  expect(after.cancel).not.toHaveBeenCalled()
})

test('a window that closed because the key had signed loses nothing', async () => {
  const view = windowThat()
  const outcome = signOrder(clientSaying([waiting], signed), ORDER, view, watcher)
  await vi.advanceTimersByTimeAsync(500)
  view.isClosed = true
  await vi.advanceTimersByTimeAsync(500)
  await expect(outcome).resolves.toEqual(RESULT)
})

test('a window is given to one key only: the next one needs a click', () => {
  const opened = { closed: false, location: { href: '' }, document: { body: null }, close: vi.fn() }
  const open = vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window)
  const view = ClientWindow.open('请稍候')
  expect([view.show(ADDRESS), opened.location.href]).toEqual([true, ADDRESS])
  opened.closed = true
  expect(view.isClosed).toBe(true)
  expect([view.show(`${ADDRESS}2`), view.isClosed]).toEqual([false, false])
  view.reopen(`${ADDRESS}2`)
  expect(open).toHaveBeenLastCalledWith(`${ADDRESS}2`, 'yunqian-client', expect.any(String))
  open.mockRestore()
})

test('a window held back by the browser shows nothing and is not taken for closed', () => {
  const open = vi.spyOn(window, 'open').mockReturnValue(null)
  const view = ClientWindow.open('请稍候')
  expect([view.show(ADDRESS), view.isClosed]).toEqual([false, false])
  open.mockRestore()
})

test('with a desktop window nothing is opened here, and nothing is offered to be opened', async () => {
  const open = vi.spyOn(window, 'open')
  const client = clientSaying([waiting, signed])
  client.open.mockResolvedValue({ dialog_id: 'd', window_url: null })
  await expect(signOrder(client, ORDER, ClientWindow.open('请稍候', true), watcher)).resolves.toEqual(RESULT)
  expect(open).not.toHaveBeenCalled()
  expect(watcher.onBlocked).not.toHaveBeenCalled()
  open.mockRestore()
})

test('a dialog of another kind gives its own result', async () => {
  const changed = { key: { driver: 'soft', serial: 's', label: 'l' }, changed_at: '2026-11-23T00:00:00Z' }
  const client = clientSaying([{ dialog_id: 'd', kind: 'change_pin', phase: 'signed', result: changed }])
  const open = () => Promise.resolve({ dialog_id: 'd', window_url: ADDRESS })
  await expect(runDialog(client, 'change_pin', open, windowThat(), watcher)).resolves.toEqual(changed)
})

test('the result of one kind is never taken for that of another', async () => {
  const client = clientSaying([{ ...signed, kind: 'sign' }])
  const open = () => Promise.resolve({ dialog_id: 'd', window_url: ADDRESS })
  const code = await runDialog(client, 'unlock', open, windowThat(), watcher).then(
    () => null,
    (caught: unknown) => (caught as ProblemError).code,
  )
  expect(code).toBe('CLIENT_TOO_OLD')
})
