/** Calls for seals, one line each. */
import { ask, sendScan } from './client'
import type {
  ApplySeal,
  GiveSeal,
  PreviewSeal,
  Seal,
  SealApplication,
  SealApplicationPage,
  SealCertificateChoice,
  SealEvent,
  SealGrant,
  SealHolder,
  SealPage,
  SealPicture,
  SealStatus,
  SealUseApproval,
  SealUseApprovalPage,
  SealUsePage,
} from './schema'

export type Move = 'freeze' | 'unfreeze' | 'cancel'
/** What is looked for in the ledger; empty text stands for everything. */
export interface LedgerSearch {
  seal_id: string
  person: string
  title: string
  since_at: string
  until_at: string
}

const after = (cursor: string | null) => (cursor ? `?${new URLSearchParams({ cursor }).toString()}` : '')
const admin = '/administration'

export const mine = () => ask<Seal[]>('GET', '/seals')
export const history = (id: string) => ask<SealEvent[]>('GET', `/seals/${id}/history`)
export const move = (id: string, how: Move, reason: string) => ask<Seal>('POST', `/seals/${id}/${how}`, { reason })

export const preview = (wanted: PreviewSeal) => ask<SealPicture>('POST', '/seal-previews', wanted)
export const previewScan = (scan: File, fields: Record<string, string>) => sendScan<SealPicture>('/seal-previews/scan', scan, fields)
export const apply = (wanted: ApplySeal) => ask<SealApplication>('POST', '/seal-applications', wanted)
export const applyWithScan = (scan: File, fields: Record<string, string>) => sendScan<SealApplication>('/seal-applications/scan', scan, fields)
export const myApplications = () => ask<SealApplication[]>('GET', '/seal-applications')
export const withdraw = (id: string) => ask<SealApplication>('POST', `/seal-applications/${id}/withdraw`)

export const myUses = () => ask<SealUseApproval[]>('GET', '/seal-uses/requests')
export const askUse = (id: string, envelope_id: string, reason: string) => ask<SealUseApproval>('POST', `/seals/${id}/uses`, { envelope_id, reason })

export const toDecide = (cursor: string | null) => ask<SealApplicationPage>('GET', `${admin}/seal-applications${after(cursor)}`)
export const approve = (id: string) => ask<SealApplication>('POST', `${admin}/seal-applications/${id}/approve`)
export const refuse = (id: string, reason: string) => ask<SealApplication>('POST', `${admin}/seal-applications/${id}/refuse`, { reason })
export const make = (id: string, certificate_ids: readonly string[]) => ask<Seal>('POST', `${admin}/seal-applications/${id}/make`, { certificate_ids })

export const ofOrganization = (cursor: string | null) => ask<SealPage>('GET', `${admin}/seals${after(cursor)}`)
export const certificates = () => ask<SealCertificateChoice[]>('GET', `${admin}/seal-certificates`)
export const setCertificates = (id: string, certificate_ids: readonly string[]) => ask<Seal>('PUT', `${admin}/seals/${id}/certificates`, { certificate_ids })
export const grants = (id: string) => ask<SealGrant[]>('GET', `${admin}/seals/${id}/grants`)
export const give = (id: string, wanted: GiveSeal) => ask<SealGrant>('POST', `${admin}/seals/${id}/grants`, wanted)
export const take = (id: string, grant: string) => ask<undefined>('DELETE', `${admin}/seals/${id}/grants/${grant}`)
export const holders = (search: string) => ask<SealHolder[]>('GET', `${admin}/seal-holders?${new URLSearchParams({ search }).toString()}`)

export const usesToDecide = (cursor: string | null) => ask<SealUseApprovalPage>('GET', `${admin}/seal-uses/requests${after(cursor)}`)
export const approveUse = (id: string) => ask<SealUseApproval>('POST', `${admin}/seal-uses/requests/${id}/approve`)
export const refuseUse = (id: string, reason: string) => ask<SealUseApproval>('POST', `${admin}/seal-uses/requests/${id}/refuse`, { reason })

function query(search: LedgerSearch, cursor: string | null = null): string {
  const named = Object.entries({ ...search, cursor: cursor ?? '' }).filter(([, value]) => value)
  return new URLSearchParams(named).toString()
}
export const ledger = (search: LedgerSearch, cursor: string | null) => ask<SealUsePage>('GET', `${admin}/seal-uses?${query(search, cursor)}`)
/** Where the browser itself fetches the file. */
export const ledgerFile = (search: LedgerSearch) => `/api${admin}/seal-uses/export?${query(search)}`

export const status = (code: string) => ask<SealStatus>('GET', `/seal-status/${encodeURIComponent(code)}`)
