/** Uploads in parts: a cut, a pause, a reload lose nothing; what is refused is told and left. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import * as documents from '@/api/calls'
import { problemOf } from '@/api/client'
import type { IncomingUpload, Upload } from '@/api/schema'
import * as calls from '@/api/uploads'
import { RETRY_SECONDS, useUploads as usedUploads } from './use-upload'

vi.mock('@/api/calls')
vi.mock('@/api/uploads')

const PART = 4
const taken: Upload = { id: 'taken', name: '合同.pdf', page_count: 1, size_bytes: 10, sha256: '0'.repeat(64), remarks: [] }
const paper = (name = '合同.pdf', text = '0123456789') => new File([text], name, { lastModified: 1 })

/** A server that keeps what it was sent, and fails when it is told to. */
class Server {
  received = 0
  begun = 0
  drops: string[] = []
  failing: (() => Error | null)[] = []
  finished: () => IncomingUpload = () => this.standing({ upload: taken })

  standing(changes: Partial<IncomingUpload> = {}): IncomingUpload {
    return { id: 'one', name: '合同.pdf', size_bytes: 10, received_bytes: this.received, part_bytes: PART, is_checking: false, upload: null, expires_at: '2026-11-24T00:00:00Z', ...changes }
  }

  install(): void {
    vi.mocked(calls.beginUpload).mockImplementation(async () => {
      this.begun++
      return this.standing()
    })
    vi.mocked(calls.incomingUpload).mockImplementation(async () => this.standing())
    vi.mocked(calls.sendPart).mockImplementation(async (_, offset, part, told) => {
      const failure = this.failing.shift()?.()
      if (failure) throw failure
      if (offset !== this.received) throw problemOf('UPLOAD_NOT_FOUND')
      told(1)
      this.received += part.size
      return this.standing()
    })
    vi.mocked(calls.finishUpload).mockImplementation(async () => this.finished())
    vi.mocked(calls.dropIncomingUpload).mockImplementation(async (id) => void this.drops.push(id))
    vi.mocked(documents.dropUpload).mockImplementation(async (id) => void this.drops.push(id))
  }
}

let server: Server
let page: EffectScope
beforeEach(() => {
  vi.resetAllMocks()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  // The browser computes it beside the page; here at once, so that a busy machine changes nothing.
  vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (_, bytes) => new Uint8Array(createHash('sha256').update(new Uint8Array(bytes as ArrayBuffer)).digest()).buffer)
  page = effectScope()
  server = new Server()
  server.install()
})
afterEach(() => page.stop())

const useUploads = () => page.run(usedUploads) as ReturnType<typeof usedUploads>

/** A minute, with real pauses for what does not wait for a timer. */
async function settled(): Promise<void> {
  for (let second = 0; second < 60; second++) {
    await vi.advanceTimersByTimeAsync(1000)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const first = (uploads: ReturnType<typeof useUploads>) => {
  const [row] = uploads.rows.value
  if (!row) throw new Error('no row')
  return row
}

it('sends a document in parts, one after another, and shows how far it is', async () => {
  const uploads = useUploads()
  uploads.add([paper()])
  expect(uploads.isBusy.value).toBe(true)
  await settled()
  expect(vi.mocked(calls.sendPart).mock.calls.map(([, offset, part]) => [offset, part.size])).toEqual([[0, 4], [4, 4], [8, 2]])
  expect([first(uploads).state, first(uploads).progress, uploads.accepted.value]).toEqual(['accepted', 1, [taken]])
  expect(vi.mocked(calls.beginUpload).mock.calls[0]?.[0]).toEqual({ name: '合同.pdf', size_bytes: 10, sha256: '84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882' })
})

it('goes on from where the server is after the connection was cut', async () => {
  const uploads = useUploads()
  server.failing = [() => null, () => problemOf('SERVER_UNREACHABLE')]
  uploads.add([paper()])
  await settled()
  expect(vi.mocked(calls.sendPart).mock.calls.map(([, offset]) => offset)).toEqual([0, 4, 4, 8])
  expect([server.begun, first(uploads).state]).toEqual([1, 'accepted'])
})

it('waits for the person when trying again does not help, and goes on when he says so', async () => {
  const uploads = useUploads()
  server.failing = Array.from({ length: RETRY_SECONDS.length + 1 }, () => () => problemOf('SERVER_UNREACHABLE'))
  uploads.add([paper()])
  await settled()
  expect([first(uploads).state, first(uploads).problem?.code]).toEqual(['paused', 'SERVER_UNREACHABLE'])
  uploads.resume(0)
  await settled()
  expect([first(uploads).state, first(uploads).problem]).toEqual(['accepted', null])
})

it('goes on by itself when the PC is online again', async () => {
  const uploads = useUploads()
  server.failing = Array.from({ length: RETRY_SECONDS.length + 1 }, () => () => problemOf('SERVER_UNREACHABLE'))
  uploads.add([paper()])
  await settled()
  window.dispatchEvent(new Event('online'))
  await settled()
  expect(first(uploads).state).toBe('accepted')
})

it('goes on with a document that an earlier page had begun', async () => {
  server.received = 8
  const uploads = useUploads()
  uploads.add([paper()])
  await settled()
  expect(vi.mocked(calls.sendPart).mock.calls.map(([, offset]) => offset)).toEqual([8])
})

it('pauses and resumes without losing what was sent', async () => {
  const uploads = useUploads()
  vi.mocked(calls.sendPart).mockImplementationOnce((_, __, ___, ____, stop) => new Promise((_resolve, reject) => stop?.addEventListener('abort', () => reject(problemOf('SERVER_UNREACHABLE')))))
  uploads.add([paper()])
  await vi.waitUntil(() => vi.mocked(calls.sendPart).mock.calls.length > 0)
  uploads.pause(0)
  await settled()
  expect([first(uploads).state, first(uploads).problem]).toEqual(['paused', null])
  uploads.resume(0)
  await settled()
  expect(first(uploads).state).toBe('accepted')
})

it('says of each document why it was refused, and goes on with the next', async () => {
  const uploads = useUploads()
  vi.mocked(calls.finishUpload).mockRejectedValueOnce(problemOf('DOCUMENT_BROKEN'))
  uploads.add([paper('坏.pdf'), paper('好.pdf', 'abcdefghij'), new File([], '空.pdf')])
  server.received = 10
  await settled()
  expect(uploads.rows.value.map((row) => [row.state, row.problem?.code])).toEqual([['refused', 'DOCUMENT_BROKEN'], ['accepted', undefined], ['refused', 'DOCUMENT_EMPTY']])
})

it('asks before it removes a protection, and does not send the bytes again', async () => {
  const uploads = useUploads()
  vi.mocked(calls.finishUpload).mockRejectedValueOnce(problemOf('DOCUMENT_PROTECTED'))
  uploads.add([paper()])
  await settled()
  expect(first(uploads).state).toBe('locked')
  const sent = vi.mocked(calls.sendPart).mock.calls.length
  uploads.unlock(0)
  await settled()
  expect(vi.mocked(calls.finishUpload).mock.calls.at(-1)).toEqual(['one', { remove_protection: true, keep_form: false }])
  expect([first(uploads).state, vi.mocked(calls.sendPart).mock.calls.length]).toEqual(['accepted', sent])
})

it('waits while another request has it checked', async () => {
  const uploads = useUploads()
  server.finished = () => server.standing({ is_checking: true })
  vi.mocked(calls.incomingUpload).mockImplementation(async () => server.standing({ upload: taken }))
  uploads.add([paper()])
  await settled()
  expect(first(uploads).upload).toEqual(taken)
})

it('takes the same document once, and forgets on the server what is removed', async () => {
  const uploads = useUploads()
  uploads.add([paper(), paper()])
  await settled()
  uploads.add([paper()])
  expect(uploads.rows.value).toHaveLength(1)
  uploads.remove(0)
  expect([uploads.rows.value, server.drops]).toEqual([[], ['taken']])
})

it('shows a name without what could deceive', () => {
  const uploads = useUploads()
  uploads.add([paper('合同\u202efdp.exe\u0007')])
  expect(first(uploads).name).toBe('合同fdp.exe')
})
