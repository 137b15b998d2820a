/** What the server's table of kinds (eseal/kinds.py) means for the form: sizes, whose they are, how they come. */
import type { PictureSource, SealKind } from '@/api/schema'

export type Source = PictureSource

/** Sizes in mm that can be chosen, the customary one first. */
export const SIZES: Record<SealKind, readonly number[]> = {
  signature: [40, 20, 30, 50, 60],
  name: [18, 16, 20, 22],
  official: [40, 42, 45],
  contract: [40, 38, 42],
  finance: [38, 40],
  legal_representative: [20, 18, 22],
}
/** A person's own. */
export const OWN: ReadonlySet<SealKind> = new Set<SealKind>(['signature', 'name'])

/** A signature is written or scanned, everything else is drawn or scanned. */
export function sourcesOf(kind: SealKind): readonly Source[] {
  return kind === 'signature' ? ['strokes', 'scan'] : ['drawn', 'scan']
}
