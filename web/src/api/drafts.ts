/** Drafts, and whom one has addressed before. */
import { ask } from './client'
import type { Contact, Draft, DraftContent } from './schema'

export const drafts = () => ask<Draft[]>('GET', '/drafts')
export const beginDraft = (content: DraftContent) => ask<Draft>('POST', '/drafts', content)
export const saveDraft = (id: string, version: number, content: DraftContent) => ask<Draft>('PUT', `/drafts/${id}`, { version, content })
export const dropDraft = (id: string) => ask<undefined>('DELETE', `/drafts/${id}`)

export const contacts = () => ask<Contact[]>('GET', '/contacts')
