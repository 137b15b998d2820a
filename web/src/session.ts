/** Who is logged in and what platform this is; the only shared state besides a running ceremony. */
import { reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, ProblemError, useCsrf, whenLoginRequired } from '@/api/client'
import { configureClient } from '@/agent/use-client'
import type { Counts, Login, LoginResult, Platform, Session } from '@/api/schema'

interface State {
  platform: Platform | null
  session: Session | null
  counts: Counts | null
  problem: ProblemError | null
  /** The server has ended the session while somebody was at work: he logs in again over the page that he is on. */
  isExpired: boolean
}

const state = reactive<State>({ platform: null, session: null, counts: null, problem: null, isExpired: false })
let waiting: ((isSamePerson: boolean) => void)[] = []

function take(session: Session | null): void {
  state.session = session
  if (session) useCsrf(session.csrf)
}

/** Everything that was refused meanwhile goes on, or does not. */
function settle(isSamePerson: boolean): void {
  const told = waiting
  waiting = []
  state.isExpired = false
  for (const tell of told) tell(isSamePerson)
}

/** Resolves to true once the same person has logged in again; false where nobody was logged in, or gives up. */
function expired(): Promise<boolean> {
  if (!state.session) return Promise.resolve(false)
  state.isExpired = true
  return new Promise((resolve) => waiting.push(resolve))
}

/**
 * A session that has begun. Where one had ended under somebody's hands, the same person is put back into the same
 * organization and his work goes on; for anybody else the page begins anew.
 */
async function begin(session: Session): Promise<void> {
  const before = state.isExpired ? state.session : null
  take(session)
  if (!before) return
  if (before.person.id !== session.person.id) {
    settle(false)
    location.assign('/inbox')
    return
  }
  if (before.tenant.id !== session.tenant.id) take(await calls.chooseTenant(before.tenant.id))
  settle(true)
}

/** Load the platform and, where there is one, the session. Rejects only when the platform cannot be reached. */
async function load(): Promise<void> {
  const [platform, session] = await Promise.all([calls.platform(), calls.session().catch(nobody)])
  state.platform = platform
  configureClient(platform.client_ports, platform.oldest_client_protocol)
  take(session)
}

function nobody(caught: unknown): null {
  if (caught instanceof ProblemError && caught.report.status === 401) return null
  throw caught
}

let loading: Promise<void> | null = null

/** Loaded once for the page; a failure is kept in `problem` for the screen to tell. */
function ready(): Promise<void> {
  loading ??= load().catch((caught: unknown) => {
    state.problem = asProblem(caught)
  })
  return loading
}

async function login(wanted: Login): Promise<void> {
  await begin(await calls.login(wanted))
}

async function loginByCertificate(result: LoginResult): Promise<void> {
  await begin(await calls.loginByCertificate(result))
}

/** A session that another call has begun: registration, login by phone, joining, a fresh proof. */
function begun(session: Session): void {
  void begin(session)
}

async function logout(): Promise<void> {
  await calls.logout()
  forget()
}

/** Nobody is logged in any more: he left, or gave up logging in again. */
function forget(): void {
  take(null)
  state.counts = null
  settle(false)
}

async function chooseTenant(id: string): Promise<void> {
  take(await calls.chooseTenant(id))
  await count()
}

whenLoginRequired(expired)

async function count(): Promise<void> {
  state.counts = await calls.counts()
}

export function useSession() {
  return { state: readonly(state), ready, login, loginByCertificate, begun, logout, forget, chooseTenant, count }
}
