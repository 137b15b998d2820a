/** Marks that were placed and not signed yet survive a reload of the page; they stay in this window and go with it. */
import type { SealChoice } from '@/api/schema'
import { isPaging, type Mark } from './marks'

/** A seal by its identifier: its picture is the platform's to give, and is large. */
type Kept = Omit<Mark, 'seal'> & { seal: { id: string } | null }

const nameOf = (envelopeId: string, documentId: string, sha256: string) => `yunqian.marks.${envelopeId}.${documentId}.${sha256}`

/** Keep the marks of a document at this revision; none removes what was kept. */
export function keep(envelopeId: string, documentId: string, sha256: string, marks: readonly Mark[]): void {
  const name = nameOf(envelopeId, documentId, sha256)
  try {
    if (marks.length === 0) return sessionStorage.removeItem(name)
    sessionStorage.setItem(name, JSON.stringify(marks.map((mark) => ({ ...mark, seal: mark.seal ? { id: mark.seal.id } : null }))))
  } catch {
    // A full or forbidden store keeps nothing; the page works as before.
  }
}

/** What was kept, with the seals as they are now; a mark whose seal may no longer be applied is left out. */
export function restored(envelopeId: string, documentId: string, sha256: string, seals: readonly SealChoice[]): Mark[] {
  let kept: Kept[]
  try {
    kept = JSON.parse(sessionStorage.getItem(nameOf(envelopeId, documentId, sha256)) ?? '[]') as Kept[]
  } catch {
    return []
  }
  return kept.flatMap((one) => {
    const seal = one.seal ? (seals.find((other) => other.id === one.seal?.id) ?? null) : null
    const mark = { ...one, seal } as Mark
    return (one.seal || isPaging(mark)) && !seal ? [] : [mark]
  })
}
