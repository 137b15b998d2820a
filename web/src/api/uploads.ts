/** Uploads in parts, and the look ahead before sending. */
import { ask, send } from './client'
import type { BeginUpload, DocumentPages, FinishUpload, IncomingUpload, Preflight, PreflightWanted } from './schema'

export const beginUpload = (wanted: BeginUpload) => ask<IncomingUpload>('POST', '/incoming-uploads', wanted)
export const incomingUpload = (id: string) => ask<IncomingUpload>('GET', `/incoming-uploads/${id}`)
export const sendPart = (id: string, offset: number, part: Blob, onProgress: (share: number) => void, stop?: AbortSignal) =>
  send<IncomingUpload>(`/incoming-uploads/${id}/parts?offset=${offset}`, part, onProgress, {}, stop)
export const finishUpload = (id: string, wanted: FinishUpload) => ask<IncomingUpload>('POST', `/incoming-uploads/${id}/finish`, wanted)
export const dropIncomingUpload = (id: string) => ask<undefined>('DELETE', `/incoming-uploads/${id}`)

export const uploadUrl = (id: string) => `/api/uploads/${id}/document`
export const uploadPages = (id: string) => ask<DocumentPages>('GET', `/uploads/${id}/pages`)

export const preflight = (wanted: PreflightWanted) => ask<Preflight>('POST', '/envelopes/preflight', wanted)
