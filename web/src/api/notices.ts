/** Calls for notices and for one's own address for mail, one line each. */
import { ask } from './client'
import type { EnvelopeDetail, HandedOver, MailCodeSent, NoticePage, Profile, SandboxLetter, Unread } from './schema'

export const notices = (cursor: string | null) => ask<NoticePage>('GET', `/notices${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
export const unread = () => ask<Unread>('GET', '/notices/unread')
/** All of them where none is named. */
export const readNotices = (ids: readonly string[]) => ask<Unread>('POST', '/notices/read', { ids })

export const askMailCode = (address: string) => ask<MailCodeSent>('POST', '/profile/mail/code', { address })
export const proveMail = (code: string) => ask<Profile>('PUT', '/profile/mail', { code })
export const removeMail = () => ask<Profile>('DELETE', '/profile/mail')
export const sandboxLetters = (address: string) => ask<SandboxLetter[]>('GET', `/demo/letters?${new URLSearchParams({ address }).toString()}`)

export const remind = (id: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/reminders`)
export const proposeEnd = (id: string, reason: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/endings`, { reason })
export const answerEnd = (id: string, endingId: string, is_agreed: boolean, reason: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/endings/${endingId}/answer`, { is_agreed, reason })
export const withdrawEnd = (id: string, endingId: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/endings/${endingId}/withdraw`)
export const handOver = (id: string, account: string) => ask<HandedOver>('POST', `/envelopes/${id}/seat`, { account })
