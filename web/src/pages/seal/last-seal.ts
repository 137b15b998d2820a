/**
 * Which certificate and seal somebody signed with last, in this browser: chosen for him when he comes again, so that
 * the usual case needs no choosing. A convenience and no record; the sheet still says what will be signed with which key.
 */
const STORED = 'yunqian.last-seal'

export interface LastSeal {
  certificateSha256: string
  sealId: string
}

/** Null where nothing is kept, or the browser keeps nothing. */
export function lastSeal(personId: string): LastSeal | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(`${STORED}.${personId}`) ?? 'null')
    return isLastSeal(kept) ? kept : null
  } catch {
    return null
  }
}

export function rememberSeal(personId: string, used: LastSeal): void {
  try {
    localStorage.setItem(`${STORED}.${personId}`, JSON.stringify(used))
  } catch {
    /* Chosen by hand next time. */
  }
}

function isLastSeal(value: unknown): value is LastSeal {
  return typeof value === 'object' && value !== null && 'certificateSha256' in value && 'sealId' in value && typeof value.certificateSha256 === 'string' && typeof value.sealId === 'string'
}
