/** A protected document is uploaded again only when its uploader says so. */
import { beforeEach, expect, it, vi } from 'vitest'
import * as calls from '@/api/calls'
import { problemOf } from '@/api/client'
import type { Upload } from '@/api/schema'
import { useStart } from './use-start'

vi.mock('@/api/calls')
const document = new File(['%PDF-1.7'], '合同.pdf')
const taken: Upload = { id: 'one', name: '合同.pdf', page_count: 1, size_bytes: 8, sha256: '0'.repeat(64), remarks: [] }

beforeEach(() => vi.mocked(calls.upload).mockReset())

it('asks before it removes a protection, and sends the same document again', async () => {
  const start = useStart()
  vi.mocked(calls.upload).mockRejectedValueOnce(problemOf('DOCUMENT_PROTECTED')).mockResolvedValueOnce(taken)
  await start.upload(document)
  expect(vi.mocked(calls.upload).mock.calls[0]?.[2]).toBe(false)
  expect([start.problem.value?.code, start.locked.value, start.uploaded.value]).toEqual(['DOCUMENT_PROTECTED', document, null])
  await start.unlock()
  expect(vi.mocked(calls.upload).mock.calls[1]).toEqual([document, expect.any(Function), true])
  expect([start.problem.value, start.locked.value, start.uploaded.value]).toEqual([null, null, taken])
})

it('has nothing to unlock after any other refusal', async () => {
  const start = useStart()
  vi.mocked(calls.upload).mockRejectedValueOnce(problemOf('DOCUMENT_ENCRYPTED'))
  await start.upload(document)
  await start.unlock()
  expect(start.locked.value).toBeNull()
  expect(calls.upload).toHaveBeenCalledTimes(1)
})
