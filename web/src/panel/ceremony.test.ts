import { beforeEach, expect, test, vi } from 'vitest'
import * as calls from '@/api/calls'
import { problemOf } from '@/api/client'
import type { Ceremony, OpenCeremony, SignResult } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, signOrder } from '@/agent/sign'
import { useCeremony } from './ceremony'

vi.mock('@/api/calls')
vi.mock('@/agent/sign')

const WANTED: OpenCeremony = { document_id: 'd', head: 0, head_sha256: '', placements: [] }
const SECURITY_CLIENT = { hello: { version: '0', has_desktop_window: false } } as SecurityClient
const view = { reopen: vi.fn(), close: vi.fn() }
const result = (order: string): SignResult => ({ order_id: order, certificate_sha256: 'c', signature: 'AA==' })

/** A session of two keys of which `done` have signed. */
function session(done: number): Ceremony {
  return {
    id: 's',
    envelope_id: 'e',
    document_id: 'd',
    state: done === 2 ? 'done' : 'open',
    base: done,
    orders: [1, 2].map((position) => ({
      id: `o${position}`,
      position,
      certificate_sha256: `c${position}`,
      certificate_owner: '李明',
      state: position <= done ? 'embedded' : position === done + 1 ? 'prepared' : 'waiting',
    })),
    order: done === 2 ? null : { payload: `order ${done + 1}`, signature: '' },
    check_code: done === 2 ? null : 'AAAA-BBBB-CCCC',
  }
}

beforeEach(() => {
  vi.resetAllMocks()
  vi.mocked(ClientWindow.open).mockReturnValue(view as unknown as ClientWindow)
  vi.mocked(calls.openCeremony).mockResolvedValue(session(0))
  vi.mocked(calls.prepareAgain).mockResolvedValue(session(1))
  vi.mocked(calls.pauseCeremony).mockResolvedValue(session(0))
})

const begun = () => useCeremony(() => SECURITY_CLIENT, () => '请稍候')

test('the window opens before anything is awaited, or the browser would hold it back', () => {
  void begun().start('e', WANTED)
  expect(ClientWindow.open).toHaveBeenCalledOnce()
})

test('two keys sign one after the other in one run', async () => {
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1')).mockResolvedValueOnce(result('o2'))
  vi.mocked(calls.postResult).mockResolvedValueOnce(session(1)).mockResolvedValueOnce(session(2))
  const run = begun()
  await run.start('e', WANTED)
  expect(run.state.step).toBe('done')
  expect(vi.mocked(calls.postResult).mock.calls.map(([, sent]) => sent.order_id)).toEqual(['o1', 'o2'])
  expect(ClientWindow.open).toHaveBeenCalledOnce()
  expect(view.close).toHaveBeenCalledOnce()
})

test('a second key that is refused leaves the first signature and can be gone on with', async () => {
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1')).mockRejectedValueOnce(problemOf('PIN_LOCKED'))
  vi.mocked(calls.postResult).mockResolvedValueOnce(session(1))
  const run = begun()
  await run.start('e', WANTED)
  expect([run.state.step, run.state.problem?.code, run.state.ceremony?.base]).toEqual(['stopped', 'PIN_LOCKED', 1])

  vi.mocked(signOrder).mockResolvedValueOnce(result('o2'))
  vi.mocked(calls.postResult).mockResolvedValueOnce(session(2))
  await run.goOn(session(1))
  expect(run.state.step).toBe('done')
  expect(calls.prepareAgain).toHaveBeenCalledExactlyOnceWith('s')
})

test.each(['TIMESTAMP_UNAVAILABLE', 'SERVER_UNREACHABLE'] as const)('after %s the same value is handed in again, without a second PIN', async (code) => {
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1')).mockResolvedValueOnce(result('o2'))
  vi.mocked(calls.postResult).mockRejectedValueOnce(problemOf(code))
  const run = begun()
  await run.start('e', WANTED)
  expect([run.state.problem?.code, run.isHolding(session(0))]).toEqual([code, true])

  vi.mocked(calls.postResult).mockResolvedValueOnce(session(1)).mockResolvedValueOnce(session(2))
  await run.goOn(session(0))
  expect(run.state.step).toBe('done')
  expect(calls.prepareAgain).not.toHaveBeenCalled()
  expect(vi.mocked(calls.postResult).mock.calls.map(([, sent]) => sent.order_id)).toEqual(['o1', 'o1', 'o2'])
})

test.each(['REVISION_MOVED', 'ORDER_EXPIRED', 'SIGNATURE_INVALID'] as const)('after %s the value is of no use any more', async (code) => {
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1'))
  vi.mocked(calls.postResult).mockRejectedValueOnce(problemOf(code, { head: 1 }))
  const run = begun()
  await run.start('e', WANTED)
  expect([run.state.step, run.isHolding(session(0))]).toEqual(['stopped', false])
})

const busy = () => problemOf('DOCUMENT_BEING_SIGNED', { signer: '王芳', seconds: 90 })

test('while another signer is at it the page waits, asks no key, and goes on by itself', async () => {
  vi.useFakeTimers()
  vi.mocked(calls.openCeremony).mockRejectedValueOnce(busy()).mockRejectedValueOnce(busy())
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1')).mockResolvedValueOnce(result('o2'))
  vi.mocked(calls.postResult).mockResolvedValueOnce(session(1)).mockResolvedValueOnce(session(2))
  const run = begun()
  const running = run.start('e', WANTED)
  await vi.waitFor(() => expect(run.state.step).toBe('queued'))
  expect(run.state.told?.facts).toEqual({ signer: '王芳', seconds: 90 })
  expect(signOrder).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(5000)
  await running
  vi.useRealTimers()
  expect([run.state.step, vi.mocked(calls.openCeremony).mock.calls.length]).toEqual(['done', 3])
})

test('who does not want to wait any longer is told why it stopped', async () => {
  vi.useFakeTimers()
  vi.mocked(calls.openCeremony).mockRejectedValue(busy())
  const run = begun()
  const running = run.start('e', WANTED)
  await vi.waitFor(() => expect(run.state.step).toBe('queued'))
  run.leave()
  await vi.advanceTimersByTimeAsync(5000)
  await running
  vi.useRealTimers()
  expect([run.state.step, run.state.problem?.code]).toEqual(['stopped', 'DOCUMENT_BEING_SIGNED'])
})

test('a key that was not answered lets the other signers go first', async () => {
  vi.mocked(signOrder).mockRejectedValueOnce(problemOf('PIN_LOCKED'))
  const run = begun()
  await run.start('e', WANTED)
  expect(calls.pauseCeremony).toHaveBeenCalledExactlyOnceWith('s')
})

test('a value that waits to be handed in again keeps its place', async () => {
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1'))
  vi.mocked(calls.postResult).mockRejectedValueOnce(problemOf('TIMESTAMP_UNAVAILABLE'))
  await begun().start('e', WANTED)
  expect(calls.pauseCeremony).not.toHaveBeenCalled()
})

test('a window that the page could not open is opened by a click', async () => {
  vi.mocked(signOrder).mockImplementationOnce((_, __, ___, watcher) => {
    watcher.onBlocked('http://127.0.0.1:17311/window/x')
    return new Promise(() => undefined)
  })
  const run = begun()
  void run.start('e', WANTED)
  await vi.waitFor(() => expect(run.state.windowAddress).toBe('http://127.0.0.1:17311/window/x'))
  run.openWindow()
  expect(view.reopen).toHaveBeenCalledExactlyOnceWith('http://127.0.0.1:17311/window/x')
  expect(run.state.windowAddress).toBeNull()
})

test('a client that is gone is told, and nothing is handed in', async () => {
  const run = useCeremony(() => null, () => '请稍候')
  await run.start('e', WANTED)
  expect(run.state.problem?.code).toBe('CLIENT_NOT_FOUND')
  expect(calls.postResult).not.toHaveBeenCalled()
  run.settle()
  expect([run.state.step, run.state.problem]).toEqual(['idle', null])
})

test('a client with a window of its own on the desktop needs none of the browser, and no click for the second key', async () => {
  const own = { hello: { version: '0', has_desktop_window: true } } as SecurityClient
  vi.mocked(signOrder).mockResolvedValueOnce(result('o1')).mockResolvedValueOnce(result('o2'))
  vi.mocked(calls.postResult).mockResolvedValueOnce(session(1)).mockResolvedValueOnce(session(2))
  const run = useCeremony(() => own, () => '请稍候')
  await run.start('e', WANTED)
  expect(ClientWindow.open).toHaveBeenCalledExactlyOnceWith('请稍候', true, 'wide')
  expect([run.state.step, run.state.windowAddress]).toEqual(['done', null])
})
