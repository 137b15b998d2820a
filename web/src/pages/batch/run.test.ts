import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import * as batches from '@/api/batches'
import * as calls from '@/api/calls'
import { problemOf } from '@/api/client'
import type { Batch, BatchLine, BatchOutcome } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { useBatchRun } from './run'

function line(position: number, state: BatchLine['state'], changes: Partial<BatchLine> = {}): BatchLine {
  const identifiers = { envelope_id: `e${position}`, document_id: `d${position}`, ceremony_id: `c${position}`, order_id: `o${position}` }
  const facts = { title: `文件 ${position}`, initiator_name: '王芳', page_count: 1, head: 0, document_sha256: 'ab', is_proposed: false }
  return { position, ...identifiers, ...facts, page: null, placements: [], state, check_code: null, problem: null, ...changes }
}

const batchOf = (...lines: BatchLine[]): Batch => ({
  id: 'b',
  certificate_sha256: 'aa',
  certificate_owner: '李明',
  seal_id: 's',
  seal_name: '签名章',
  made_at: '2026-11-22T10:00:00Z',
  lines,
})
const result = (position: number): BatchOutcome => ({
  order_id: `o${position}`,
  result: { order_id: `o${position}`, certificate_sha256: 'aa', signature: 'AAAA' },
  problem: null,
})

/** The client answers `outcomes`; the server keeps the lines of `shown`. */
function world(outcomes: BatchOutcome[], protocol = 2) {
  let shown = batchOf(line(1, 'ready'), line(2, 'ready'), line(3, 'ready'))
  const put = (position: number, state: BatchLine['state']) => {
    shown = batchOf(...shown.lines.map((one) => (one.position === position ? line(position, state) : one)))
    return shown.lines[position - 1] as BatchLine
  }
  const opened = vi.spyOn(batches, 'openLine').mockImplementation((_, position) => Promise.resolve(put(position, 'prepared')))
  vi.spyOn(batches, 'batchOrder').mockImplementation(() =>
    Promise.resolve({ order: { payload: '{}', signature: '' }, check_code: '7F3A-C2E9-18B4', positions: [1, 2, 3] }),
  )
  const taken = vi.spyOn(batches, 'takeResults').mockImplementation((_, results) => {
    for (const one of results) put(Number(one.order_id.slice(1)), 'signed')
    return Promise.resolve({ batch: shown, refused: [] })
  })
  const finished = vi.spyOn(batches, 'finishLine').mockImplementation((_, position) => Promise.resolve(put(position, 'done')))
  const paused = vi.spyOn(calls, 'pauseCeremony').mockResolvedValue(undefined as never)
  const state = { dialog_id: 'x', kind: 'sign_batch', phase: 'signed', result: { order_id: 'b.1', outcomes } }
  const client = {
    hello: { protocol, version: '1', has_desktop_window: true },
    open: vi.fn(() => Promise.resolve({ dialog_id: 'x', window_url: null })),
    state: vi.fn(() => Promise.resolve(state)),
    cancel: vi.fn(() => Promise.resolve(state)),
  }
  const run = useBatchRun(() => client as unknown as SecurityClient, () => '…')
  return { run, shown: () => shown, opened, taken, finished, paused, client }
}

const states = (run: ReturnType<typeof useBatchRun>) => run.state.batch?.lines.map((one) => one.state)

beforeEach(() => sessionStorage.clear())
afterEach(() => vi.restoreAllMocks())

test('all documents are prepared, the key is asked once, and each is finished', async () => {
  const { run, shown, taken, finished, client } = world([result(1), result(2), result(3)])
  await run.show(shown())
  await run.sign()
  expect(states(run)).toEqual(['done', 'done', 'done'])
  expect(client.open).toHaveBeenCalledTimes(1)
  expect(taken).toHaveBeenCalledTimes(1)
  expect(finished).toHaveBeenCalledTimes(3)
  expect(run.state.step).toBe('done')
})

test('one that cannot be prepared is told and the others are signed', async () => {
  const { run, shown, opened } = world([result(1), result(3)])
  const real = opened.getMockImplementation()
  opened.mockImplementation((id, position) =>
    position === 2 ? Promise.reject(problemOf('ENVELOPE_NOT_OPEN')) : (real as NonNullable<typeof real>)(id, position),
  )
  await run.show(shown())
  await run.sign()
  expect(states(run)).toEqual(['done', 'ready', 'done'])
  expect(run.state.failed[2]?.code).toBe('ENVELOPE_NOT_OPEN')
})

test('one that the key did not sign makes room for other signers and is told', async () => {
  const report = problemOf('KEY_REMOVED').report
  const { run, shown, paused } = world([result(1), { order_id: 'o2', result: null, problem: report }, result(3)])
  await run.show(shown())
  await run.sign()
  expect(states(run)).toEqual(['done', 'prepared', 'done'])
  expect(run.state.failed[2]?.code).toBe('KEY_REMOVED')
  expect(paused.mock.calls).toEqual([['c2']])
})

test('one whose value is not taken any more is told, and the others are finished', async () => {
  const { run, shown, taken } = world([result(1), result(2), result(3)])
  const real = taken.getMockImplementation() as NonNullable<ReturnType<typeof taken.getMockImplementation>>
  taken.mockImplementation(async (id, results) => {
    const answer = await real(id, results.filter((one) => one.order_id !== 'o2'))
    return { batch: answer.batch, refused: [{ order_id: 'o2', problem: problemOf('ENVELOPE_NOT_OPEN').report }] }
  })
  await run.show(shown())
  await run.sign()
  expect(states(run)).toEqual(['done', 'prepared', 'done'])
  expect(run.state.failed[2]?.code).toBe('ENVELOPE_NOT_OPEN')
})

test('one that fails while it is written stops no other and can be gone on with', async () => {
  const { run, shown, finished } = world([result(1), result(2), result(3)])
  const real = finished.getMockImplementation() as NonNullable<ReturnType<typeof finished.getMockImplementation>>
  finished.mockImplementation((id, position) =>
    position === 1 ? Promise.reject(problemOf('TIMESTAMP_UNAVAILABLE')) : real(id, position),
  )
  await run.show(shown())
  await run.sign()
  expect(states(run)).toEqual(['signed', 'done', 'done'])
  finished.mockImplementation(real)
  await run.finish()
  expect(states(run)).toEqual(['done', 'done', 'done'])
  expect(run.state.failed[1]).toBeUndefined()
})

test('what a key has given before the page was loaded again is finished at once', async () => {
  const { run, finished } = world([])
  await run.show(batchOf(line(1, 'done'), line(2, 'signed'), line(3, 'ready')))
  expect(finished.mock.calls.map(([, position]) => position)).toEqual([2])
  expect(run.state.step).toBe('done')
})

test('a client that is too old is told before anything is prepared', async () => {
  const { run, shown, opened } = world([], 1)
  await run.show(shown())
  await run.sign()
  expect(run.state.problem?.code).toBe('CLIENT_TOO_OLD')
  expect(opened).not.toHaveBeenCalled()
})

test('a person who gives up leaves nothing that others would have to wait for', async () => {
  const { run, shown, client, paused } = world([])
  const refused = { dialog_id: 'x', kind: 'sign_batch', phase: 'refused', result: null, problem: problemOf('PIN_CANCELLED').report }
  client.state.mockImplementation(() => Promise.resolve(refused as never))
  await run.show(shown())
  await run.sign()
  expect(run.state).toMatchObject({ step: 'stopped', problem: { code: 'PIN_CANCELLED' } })
  expect(paused.mock.calls.map(([id]) => id).sort()).toEqual(['c1', 'c2', 'c3'])
})

test('a document that somebody else is signing is asked for again until it is free', async () => {
  vi.useFakeTimers()
  const { run, shown, opened } = world([result(1), result(2), result(3)])
  const real = opened.getMockImplementation() as NonNullable<ReturnType<typeof opened.getMockImplementation>>
  opened.mockImplementationOnce(() => Promise.reject(problemOf('DOCUMENT_BEING_SIGNED', { signer: '王芳', seconds: 3 })))
  opened.mockImplementation(real)
  await run.show(shown())
  const signing = run.sign()
  await vi.advanceTimersByTimeAsync(2500)
  await signing
  vi.useRealTimers()
  expect(states(run)).toEqual(['done', 'done', 'done'])
})
