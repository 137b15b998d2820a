/** Every call of the HTTP API that the pages use, one line each. */
import { ask, send } from './client'
import type {
  AuditEntry,
  Binding,
  BindingRequest,
  BindingRequestPage,
  BindResult,
  BoundCertificate,
  CertificateEvent,
  CertificatePage,
  Ceremony,
  Counts,
  DeskPage,
  DeskUnlock,
  Enrolment,
  EnrolResult,
  Entry,
  EnvelopeDetail,
  Login,
  LoginResult,
  NamedKey,
  OpenCeremony,
  OpenSession,
  Panel,
  PersonRef,
  Platform,
  RecipientWanted,
  Report,
  Session,
  SignedOrder,
  SignResult,
  StartEnvelope,
  StoreResult,
  Unlock,
  UnlockRequest,
  UnlockResult,
  Upload,
} from './schema'

export const platform = () => ask<Platform>('GET', '/platform')

export const entry = (slug: string) => ask<Entry>('GET', `/entry?${new URLSearchParams({ slug }).toString()}`)
export const session = () => ask<Session>('GET', '/session')
export const login = (wanted: Login) => ask<Session>('POST', '/session', wanted)
export const loginChallenge = (certificate: string) => ask<SignedOrder>('POST', '/session/challenges', { certificate })
export const loginByCertificate = (result: LoginResult) => ask<Session>('POST', '/session/certificate', result)
export const logout = () => ask<undefined>('DELETE', '/session')
export const openSessions = () => ask<OpenSession[]>('GET', '/sessions')
export const endSession = (id: string) => ask<undefined>('DELETE', `/sessions/${id}`)
export const chooseTenant = (tenant_id: string) => ask<Session>('POST', '/session/tenant', { tenant_id })

export const people = () => ask<PersonRef[]>('GET', '/people')
export const counts = () => ask<Counts>('GET', '/counts')

export const upload = (document: File, onProgress: (share: number) => void, removeProtection: boolean) =>
  send<Upload>('/uploads', document, onProgress, { remove_protection: removeProtection })
export const dropUpload = (id: string) => ask<undefined>('DELETE', `/uploads/${id}`)

export const startEnvelope = (wanted: StartEnvelope) => ask<EnvelopeDetail>('POST', '/envelopes', wanted)
export const envelope = (id: string) => ask<EnvelopeDetail>('GET', `/envelopes/${id}`)
export const declineEnvelope = (id: string, reason: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/decline`, { reason })
export const voidEnvelope = (id: string, reason: string) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/void`, { reason })
export const extendEnvelope = (id: string, deadline_at: string | null) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/deadline`, { deadline_at })
export const forwardEnvelope = (id: string, recipient: RecipientWanted) => ask<EnvelopeDetail>('POST', `/envelopes/${id}/recipients`, { recipients: [recipient] })
export const events = (id: string) => ask<AuditEntry[]>('GET', `/envelopes/${id}/events`)
/** Without a document the first one of the envelope is meant; for the panel the next one to sign. */
const ofDocument = (documentId?: string) => (documentId ? `?document_id=${documentId}` : '')
export const report = (id: string, documentId?: string) => ask<Report>('GET', `/envelopes/${id}/report${ofDocument(documentId)}`)
export const panel = (id: string, documentId?: string) => ask<Panel>('GET', `/envelopes/${id}/panel${ofDocument(documentId)}`)

export const openCeremony = (envelopeId: string, wanted: OpenCeremony) =>
  ask<Ceremony>('POST', `/envelopes/${envelopeId}/ceremonies`, wanted)
export const prepareAgain = (id: string) => ask<Ceremony>('POST', `/ceremonies/${id}/prepare`)
export const postResult = (id: string, result: SignResult) => ask<Ceremony>('POST', `/ceremonies/${id}/results`, result)
/** Let other signers go first; the marks are kept. */
export const pauseCeremony = (id: string) => ask<Ceremony>('POST', `/ceremonies/${id}/pause`)
export const abandonCeremony = (id: string) => ask<Ceremony>('POST', `/ceremonies/${id}/abandon`)

export const enrolments = () => ask<Enrolment[]>('GET', '/enrolments')
export const startEnrolment = (key: NamedKey, algorithm: string) => ask<Enrolment>('POST', '/enrolments', { key, algorithm })
export const orderEnrolment = (id: string) => ask<Enrolment>('POST', `/enrolments/${id}/order`)
export const requestEnrolment = (id: string, result: EnrolResult) => ask<Enrolment>('POST', `/enrolments/${id}/request`, result)
export const storedEnrolment = (id: string, result: StoreResult) => ask<Enrolment>('POST', `/enrolments/${id}/stored`, result)
export const abandonEnrolment = (id: string) => ask<Enrolment>('POST', `/enrolments/${id}/abandon`)

export const unlocks = () => ask<Unlock[]>('GET', '/unlocks')
export const askUnlock = (request: UnlockRequest, reason: string) => ask<Unlock>('POST', '/unlocks', { request, reason })
export const withdrawUnlock = (id: string) => ask<Unlock>('POST', `/unlocks/${id}/withdraw`)
export const releaseUnlock = (id: string) => ask<Unlock>('POST', `/unlocks/${id}/release`)
export const finishUnlock = (id: string, result: UnlockResult) => ask<Unlock>('POST', `/unlocks/${id}/done`, result)

export const deskUnlocks = (cursor: string | null) =>
  ask<DeskPage>('GET', `/desk/unlocks${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`)
export const approveUnlock = (id: string, code: string) => ask<DeskUnlock>('POST', `/desk/unlocks/${id}/approve`, { code })
export const refuseUnlock = (id: string, reason: string) => ask<DeskUnlock>('POST', `/desk/unlocks/${id}/refuse`, { reason })

export const myCertificates = () => ask<BoundCertificate[]>('GET', '/certificates')
export const beginBinding = (certificate: string, for_organization: boolean) =>
  ask<SignedOrder>('POST', '/certificates/challenges', { certificate, for_organization })
export const bindCertificate = (result: BindResult) => ask<Binding>('POST', '/certificates', result)
export const certificateHistory = (id: string) => ask<CertificateEvent[]>('GET', `/certificates/${id}/history`)
export const reportLoss = (id: string, reason: string) => ask<BoundCertificate>('POST', `/certificates/${id}/loss`, { reason })
export const myBindingRequests = () => ask<BindingRequest[]>('GET', '/binding-requests')
export const withdrawBinding = (id: string) => ask<BindingRequest>('POST', `/binding-requests/${id}/withdraw`)

const after = (cursor: string | null) => (cursor ? `?cursor=${encodeURIComponent(cursor)}` : '')
export const organizationCertificates = (cursor: string | null) =>
  ask<CertificatePage>('GET', `/administration/certificates${after(cursor)}`)
export const bindingRequests = (cursor: string | null) =>
  ask<BindingRequestPage>('GET', `/administration/binding-requests${after(cursor)}`)
export const approveBinding = (id: string) => ask<Binding>('POST', `/administration/binding-requests/${id}/approve`)
export const refuseBinding = (id: string, reason: string) =>
  ask<BindingRequest>('POST', `/administration/binding-requests/${id}/refuse`, { reason })
export const decideCertificate = (id: string, act: 'suspend' | 'restore' | 'revoke', reason: string) =>
  ask<BoundCertificate>('POST', `/administration/certificates/${id}/${act}`, { reason })

/** Without a document all of the envelope, several of them in one archive. */
export const downloadUrl = (id: string, documentId?: string) => `/api/envelopes/${id}/download${ofDocument(documentId)}`
