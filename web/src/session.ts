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
}

const state = reactive<State>({ platform: null, session: null, counts: null, problem: null })

function take(session: Session | null): void {
  state.session = session
  if (session) useCsrf(session.csrf)
}

/** Load the platform and, where there is one, the session. Rejects only when the platform cannot be reached. */
async function load(): Promise<void> {
  state.platform = await calls.platform()
  configureClient(state.platform.client_ports, state.platform.oldest_client_protocol)
  try {
    take(await calls.session())
  } catch (caught) {
    if (!(caught instanceof ProblemError) || caught.report.status !== 401) throw caught
    take(null)
  }
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
  take(await calls.login(wanted))
}

async function loginByCertificate(result: LoginResult): Promise<void> {
  take(await calls.loginByCertificate(result))
}

/** A session that another call has begun: registration, login by phone, joining, a fresh proof. */
function begun(session: Session): void {
  take(session)
}

async function logout(): Promise<void> {
  await calls.logout()
  forget()
}

/** The server says that nobody is logged in any more. */
function forget(): void {
  take(null)
  state.counts = null
}

async function chooseTenant(id: string): Promise<void> {
  take(await calls.chooseTenant(id))
  await count()
}

whenLoginRequired(forget)

async function count(): Promise<void> {
  state.counts = await calls.counts()
}

export function useSession() {
  return { state: readonly(state), ready, login, loginByCertificate, begun, logout, chooseTenant, count }
}
