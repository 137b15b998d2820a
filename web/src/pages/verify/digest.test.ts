import { expect, test, vi } from 'vitest'
import type { PublicFacts } from '@/api/schema'
import { compared, sha256 } from './digest'

const [one, two, old] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string]
const facts = {
  documents: [
    { position: 1, sha256: one, earlier_sha256s: [old] },
    { position: 2, sha256: two, earlier_sha256s: [] },
  ],
} as unknown as PublicFacts

test('the newest version of any document is the same, an older one is told as such, all else differs', () => {
  expect(compared(two, facts)).toEqual({ outcome: 'same', position: 2 })
  expect(compared(old, facts)).toEqual({ outcome: 'earlier', position: 1 })
  expect(compared('4'.repeat(64), facts)).toEqual({ outcome: 'different' })
})

test('the digest is SHA-256 in hex', async () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
  expect(await sha256(new ArrayBuffer(0))).toBe(empty)
})

test('where the browser computes none, none is invented', async () => {
  vi.stubGlobal('crypto', {})
  expect(await sha256(new ArrayBuffer(0))).toBeNull()
  vi.unstubAllGlobals()
})
