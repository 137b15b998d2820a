/** What is filled in becomes one request, and nothing of it is lost on the way. */
import { beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import * as calls from '@/api/calls'
import * as kept from '@/api/drafts'
import { problemOf } from '@/api/client'
import type { Draft, EnvelopeDetail, Upload } from '@/api/schema'
import { preflight } from '@/api/uploads'
import { ofPerson, ofPhone } from './signers'
import { useStart, type Start } from './use-start'

vi.mock('@/api/calls')
vi.mock('@/api/drafts')
vi.mock('@/api/uploads')

const taken: Upload = { id: 'u1', name: '合同.docx', page_count: 1, size_bytes: 8, sha256: '0'.repeat(64), remarks: [] }
const li = ofPerson({ id: 'p1', name: '李明', account: 'liming' })
const draft: Draft = { id: 'd', version: 4, changed_at: '2026-11-23T00:00:00Z', content: { title: '供货合同', uploads: [taken, { ...taken, id: 'u2' }], recipients: [ofPhone('吴迪', '13900001234')], order: 'in_turn' }, gone: ['u2'] }
const begun = () => effectScope().run(useStart) as Start

beforeEach(() => {
  vi.resetAllMocks()
  vi.mocked(preflight).mockResolvedValue({ findings: [], may_send: true })
  vi.mocked(kept.beginDraft).mockResolvedValue({ ...draft, version: 1 })
})

async function filled(): Promise<Start> {
  const start = begun()
  start.uploads.restore([taken])
  start.add(li)
  await nextTick()
  return start
}

test('the task is named after the first document until somebody names it', async () => {
  const start = await filled()
  expect([start.title.value, start.canSend.value]).toEqual(['合同', true])
})

test('nobody is chosen twice', async () => {
  const start = await filled()
  start.add(li)
  expect(start.signers.value).toHaveLength(1)
})

test('only copies are nobody who signs', async () => {
  const start = await filled()
  start.signers.value = [{ ...li, is_copy: true }]
  expect(start.canSend.value).toBe(false)
})

test('what would stop a signer stops the sending', async () => {
  vi.mocked(preflight).mockResolvedValue({ findings: [{ code: 'x', severity: 'block', zh: '', en: '', upload_id: null, recipient: 0, pages: [] }], may_send: false })
  const start = await filled()
  await vi.waitFor(() => expect(start.findings.value).toHaveLength(1))
  expect(start.canSend.value).toBe(false)
})

test('a draft is gone on with, without the documents that are no longer kept', () => {
  const start = begun()
  start.resume(draft)
  expect([start.title.value, start.order.value, start.accepted.value.map((one) => one.id), start.signers.value.map((one) => one.name)]).toEqual(['供货合同', 'in_turn', ['u1'], ['吴迪']])
})

test('it is sent with its draft, which goes with it', async () => {
  vi.mocked(calls.startEnvelope).mockResolvedValue({ id: 'e' } as EnvelopeDetail)
  const start = begun()
  start.resume(draft)
  await start.send()
  expect(vi.mocked(calls.startEnvelope).mock.calls[0]?.[0]).toEqual({
    upload_ids: ['u1'],
    title: '供货合同',
    recipients: [{ mobile: '13900001234', name: '吴迪', turn: 1 }],
    deadline_at: null,
    remind_before_hours: null,
    remind_every_days: null,
    places: [],
    draft_id: 'd',
  })
})

test('what was refused stays on the page, and goes on being kept', async () => {
  vi.mocked(calls.startEnvelope).mockRejectedValue(problemOf('RECIPIENT_NAME_MISMATCH', { mobile: '139****1234' }))
  const start = begun()
  start.resume(draft)
  await expect(start.send()).resolves.toBeNull()
  expect([start.problem.value?.code, start.signers.value.length, start.isSending.value]).toEqual(['RECIPIENT_NAME_MISMATCH', 1, false])
})

test('without a deadline nobody is reminded of it', async () => {
  const start = await filled()
  start.deadline.value = new Date(Date.now() + 86_400_000)
  start.remindBefore.value = 24
  await nextTick()
  start.deadline.value = null
  await nextTick()
  expect(start.remindBefore.value).toBeNull()
})
