/** Calls for registration, one's own account, and the administration of organizations, one line each. */
import { ask } from './client'
import type {
  CodeSent,
  Department,
  GiveGrant,
  GiveRole,
  Grant,
  Invitation,
  InvitationShown,
  Invite,
  Invited,
  LoginResult,
  MadeTenant,
  MakeTenant,
  Member,
  MemberPage,
  Organization,
  PersonalValue,
  Profile,
  Register,
  Role,
  SandboxMessage,
  Session,
  StepUp,
  TenantLine,
  TenantPage,
  VerifyOrganization,
  WriteDepartment,
  WriteRole,
} from './schema'

export const askCode = (mobile: string, purpose: 'register' | 'login', slug: string | null) => ask<CodeSent>('POST', '/phone-codes', { mobile, purpose, slug })
export const sandboxMessages = (mobile: string) => ask<SandboxMessage[]>('GET', `/demo/messages?${new URLSearchParams({ mobile }).toString()}`)
export const loginByPhone = (mobile: string, code: string) => ask<Session>('POST', '/session/phone', { mobile, code })
export const proveNumber = (mobile: string, code: string) => ask<undefined>('POST', '/registration/proof', { mobile, code })
export const register = (wanted: Register) => ask<Session>('POST', '/registration', wanted)

export const profile = () => ask<Profile>('GET', '/profile')
export const setPassword = (password: string) => ask<undefined>('PUT', '/password', { password })
export const askStepUpCode = () => ask<CodeSent>('POST', '/session/step-up/code')
export const stepUp = (proof: StepUp) => ask<Session>('POST', '/session/step-up', proof)
export const stepUpByCertificate = (result: LoginResult) => ask<Session>('POST', '/session/step-up/certificate', result)

export const lookAtInvitation = (secret: string) => ask<InvitationShown>('POST', '/joining/look', { secret })
export const join = (secret: string) => ask<Session>('POST', '/joining', { secret })

export function members(wanted: { search: string; withLeft: boolean; cursor: string | null }): Promise<MemberPage> {
  const query = new URLSearchParams({ limit: '50', with_left: String(wanted.withLeft) })
  if (wanted.search) query.set('search', wanted.search)
  if (wanted.cursor) query.set('cursor', wanted.cursor)
  return ask<MemberPage>('GET', `/members?${query.toString()}`)
}
export const moveMember = (id: string, department_id: string | null) => ask<Member>('POST', `/members/${id}/department`, { department_id })
export const suspendMember = (id: string) => ask<Member>('POST', `/members/${id}/suspend`)
export const resumeMember = (id: string) => ask<Member>('POST', `/members/${id}/resume`)
export const letLeave = (id: string, successor_id: string | null) => ask<Member>('POST', `/members/${id}/leave`, { successor_id })
export const lookAtMember = (id: string, reason: string) => ask<PersonalValue>('POST', `/members/${id}/look`, { field: 'mobile', reason })

export const departments = () => ask<Department[]>('GET', '/departments')
export const makeDepartment = (wanted: WriteDepartment) => ask<Department>('POST', '/departments', wanted)
export const changeDepartment = (id: string, wanted: WriteDepartment) => ask<Department>('PUT', `/departments/${id}`, wanted)
export const removeDepartment = (id: string) => ask<undefined>('DELETE', `/departments/${id}`)

export const roles = () => ask<Role[]>('GET', '/roles')
export const makeRole = (wanted: WriteRole) => ask<Role>('POST', '/roles', wanted)
export const changeRole = (id: string, wanted: WriteRole) => ask<Role>('PUT', `/roles/${id}`, wanted)
export const removeRole = (id: string) => ask<undefined>('DELETE', `/roles/${id}`)
export const giveRole = (id: string, wanted: GiveRole) => ask<Role>('POST', `/roles/${id}/holders`, wanted)
export const takeRole = (id: string, memberId: string) => ask<Role>('DELETE', `/roles/${id}/holders/${memberId}`)

export const grants = () => ask<Grant[]>('GET', '/grants')
export const giveGrant = (wanted: GiveGrant) => ask<Grant>('POST', '/grants', wanted)
export const withdrawGrant = (id: string) => ask<undefined>('DELETE', `/grants/${id}`)

export const invitations = () => ask<Invitation[]>('GET', '/invitations')
export const invite = (wanted: Invite) => ask<Invited>('POST', '/invitations', wanted)
export const withdrawInvitation = (id: string) => ask<Invitation>('POST', `/invitations/${id}/withdraw`)

export const organization = () => ask<Organization>('GET', '/organization')
export const verifyOrganization = (wanted: VerifyOrganization) => ask<Organization>('POST', '/organization/verification', wanted)

export function tenants(search: string, cursor: string | null): Promise<TenantPage> {
  const query = new URLSearchParams({ limit: '50' })
  if (search) query.set('search', search)
  if (cursor) query.set('cursor', cursor)
  return ask<TenantPage>('GET', `/tenants?${query.toString()}`)
}
export const makeTenant = (wanted: MakeTenant) => ask<MadeTenant>('POST', '/tenants', wanted)
export const suspendTenant = (id: string, reason: string) => ask<TenantLine>('POST', `/tenants/${id}/suspend`, { reason })
export const resumeTenant = (id: string, reason: string) => ask<TenantLine>('POST', `/tenants/${id}/resume`, { reason })
