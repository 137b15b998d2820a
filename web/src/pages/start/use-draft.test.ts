import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import * as calls from '@/api/drafts'
import { problemOf } from '@/api/client'
import type { Draft, DraftContent } from '@/api/schema'
import { useDraft } from './use-draft'

vi.mock('@/api/drafts')

const draft = (version: number): Draft => ({ id: 'd', version, changed_at: '2026-11-23T00:00:00Z', content: { title: '一' } })
const content = ref<DraftContent | null>(null)
let scope = effectScope()
const begun = () => scope.run(() => useDraft(() => content.value)) as ReturnType<typeof useDraft>

beforeEach(() => {
  vi.resetAllMocks()
  scope = effectScope()
  vi.useFakeTimers()
  content.value = null
  vi.mocked(calls.beginDraft).mockResolvedValue(draft(1))
  vi.mocked(calls.saveDraft).mockImplementation((_, version) => Promise.resolve(draft(version + 1)))
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
})

async function write(title: string): Promise<void> {
  content.value = { title }
  await nextTick()
}

test('it is kept a moment after the last change, and the second time from the version of the first', async () => {
  begun()
  await write('一')
  await write('一二')
  expect(calls.beginDraft).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1100)
  expect(calls.beginDraft).toHaveBeenCalledExactlyOnceWith({ title: '一二' })
  await write('一二三')
  await vi.advanceTimersByTimeAsync(1100)
  expect(calls.saveDraft).toHaveBeenCalledExactlyOnceWith('d', 1, { title: '一二三' })
})

test('nothing is kept of an empty page', async () => {
  const held = begun()
  await held.save()
  expect(calls.beginDraft).not.toHaveBeenCalled()
})

test('after another window has saved, this one saves no more and says so', async () => {
  const held = begun()
  await write('一')
  await vi.advanceTimersByTimeAsync(1100)
  vi.mocked(calls.saveDraft).mockRejectedValueOnce(problemOf('DRAFT_MOVED'))
  await write('二')
  await vi.advanceTimersByTimeAsync(1100)
  expect(held.problem.value?.code).toBe('DRAFT_MOVED')
  await write('三')
  await vi.advanceTimersByTimeAsync(1100)
  expect(calls.saveDraft).toHaveBeenCalledOnce()
})

test('a cut connection keeps nothing from being saved with the next change', async () => {
  const held = begun()
  vi.mocked(calls.beginDraft).mockRejectedValueOnce(problemOf('SERVER_UNREACHABLE'))
  await write('一')
  await vi.advanceTimersByTimeAsync(1100)
  expect(held.problem.value?.code).toBe('SERVER_UNREACHABLE')
  await write('二')
  await vi.advanceTimersByTimeAsync(1100)
  expect([held.problem.value, held.kept.value?.id]).toEqual([null, 'd'])
})

test('what is being sent is saved no more', async () => {
  const held = begun()
  await write('一')
  await vi.advanceTimersByTimeAsync(1100)
  await expect(held.close()).resolves.toBe('d')
  await write('二')
  await vi.advanceTimersByTimeAsync(1100)
  expect(calls.saveDraft).not.toHaveBeenCalled()
})
