/** Calls of reading on the screen, of verifying, and of the code on a print. */
import { ask, problemFrom, problemOf, send } from './client'
import type { DocumentPages, PublicCode, PublicFacts, PublicVerdict, Report } from './schema'

/** The widths in pixels that the server draws; see api/pictures.py. */
export const WIDTHS = [160, 320, 640, 960, 1600] as const

const ofDocument = (envelopeId: string, documentId: string) => `/envelopes/${envelopeId}/documents/${documentId}`

export const documentPages = (envelopeId: string, documentId: string, revision?: number) =>
  ask<DocumentPages>('GET', `${ofDocument(envelopeId, documentId)}/pages${revision === undefined ? '' : `?revision=${revision}`}`)

/** Where pdf.js reads the document, in parts; a path of its own with nothing else. */
export const contentUrl = (envelopeId: string, documentId: string, revision: number) => `/documents/${envelopeId}/${documentId}/${revision}`

/** The smallest picture that fills so many pixels. */
export function pictureUrl(envelopeId: string, shown: Pick<DocumentPages, 'document_id' | 'revision'>, page: number, pixels: number): string {
  const width = WIDTHS.find((one) => one >= pixels) ?? WIDTHS[WIDTHS.length - 1]
  return `/api${ofDocument(envelopeId, shown.document_id)}/picture?page=${page}&width=${width}&revision=${shown.revision}`
}

/** A page as it was when a signature was made; `width` is one of WIDTHS. */
export const signedPictureUrl = (envelopeId: string, document: { id: string; head: number }, signedBytes: number, page: number, width: (typeof WIDTHS)[number]) =>
  `/api${ofDocument(envelopeId, document.id)}/picture?page=${page}&width=${width}&revision=${document.head}&signed_bytes=${signedBytes}`

/** A page as a picture. Rejects with a ProblemError, or with what fetch says of an abort. */
export async function pagePicture(url: string, signal: AbortSignal): Promise<Blob> {
  let answer: Response
  try {
    answer = await fetch(url, { signal, credentials: 'same-origin' })
  } catch (caught) {
    throw signal.aborted ? caught : problemOf('SERVER_UNREACHABLE')
  }
  if (!answer.ok) throw await problemFrom(answer)
  return answer.blob()
}

export const verify = (document: File, onProgress: (share: number) => void) => send<Report>('/verify', document, onProgress)

export const publicCode = (envelopeId: string) => ask<PublicCode>('GET', `/envelopes/${envelopeId}/public-code`)
export const publicFacts = (code: string) => ask<PublicFacts>('GET', `/public-codes/${encodeURIComponent(code)}`)
export const publicVerdict = (code: string, position: number) => ask<PublicVerdict>('GET', `/public-codes/${encodeURIComponent(code)}/verdicts/${position}`)
