/** Whether a file at hand is a document of an envelope: compared by digest, in this browser. */
import type { PublicFacts } from '@/api/schema'

export type Comparison = { outcome: 'same' | 'earlier'; position: number } | { outcome: 'different' }

/** SHA-256 in hex; null where the browser computes none, because the page did not come over an encrypted connection. */
export async function sha256(content: ArrayBuffer): Promise<string | null> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined
  if (!subtle) return null
  const digest = new Uint8Array(await subtle.digest('SHA-256', content))
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function compared(digest: string, facts: PublicFacts): Comparison {
  for (const { position, sha256: newest } of facts.documents) if (newest === digest) return { outcome: 'same', position }
  for (const { position, earlier_sha256s } of facts.documents) if (earlier_sha256s.includes(digest)) return { outcome: 'earlier', position }
  return { outcome: 'different' }
}
