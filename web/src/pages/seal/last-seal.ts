/**
 * Which certificate and seal somebody signed with last, in this browser: chosen for him when he comes again, so that
 * the usual case needs no choosing. A convenience and no record; the sheet still says what will be signed with which key.
 */
import { remember, remembered } from '@/parts/remembered'

const STORED = 'yunqian.last-seal'

export interface LastSeal {
  certificateSha256: string
  sealId: string
}

/** Null where nothing is kept, or the browser keeps nothing. */
export const lastSeal = (personId: string) => remembered(`${STORED}.${personId}`, isLastSeal)

export const rememberSeal = (personId: string, used: LastSeal) => remember(`${STORED}.${personId}`, used)

function isLastSeal(value: unknown): value is LastSeal {
  return typeof value === 'object' && value !== null && 'certificateSha256' in value && 'sealId' in value && typeof value.certificateSha256 === 'string' && typeof value.sealId === 'string'
}
