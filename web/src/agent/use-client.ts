/** The state of the security client, shared by the whole page: looking, absent, refused, here with its keys. */
import { computed, reactive, readonly } from 'vue'
import { asProblem, ProblemError } from '@/api/client'
import type { Key, KeyCertificate, KeyList } from '@/api/schema'
import { findClient, localAccess, SecurityClient } from './client'

const REFRESH_MILLISECONDS = 2000
/** How long a client that refused to tell of changes is only asked. */
const DEAF_MILLISECONDS = 10_000

/**
 * `ask`: the browser would ask the person first, so the page explains and waits for a click; `asking`: the browser's
 * question is open.
 */
export type ClientPhase = 'looking' | 'ask' | 'asking' | 'absent' | 'here'

interface State {
  phase: ClientPhase
  problem: ProblemError | null
  access: PermissionState | null
  version: string
  newerVersion: string | null
  generation: number
  keys: readonly Key[]
}

const state = reactive<State>({
  phase: 'looking',
  problem: null,
  access: null,
  version: '',
  newerVersion: null,
  generation: -1,
  keys: [],
})

let client: SecurityClient | null = null
let ports: readonly number[] = []
let oldest = 1
let timer: ReturnType<typeof setTimeout> | null = null
let watchers = 0
let hasAsked = false
let events: WebSocket | null = null
let deafUntil = 0

/** Tell which ports to ask; comes from the platform. */
export function configureClient(wanted: readonly number[], oldestProtocol: number): void {
  ports = wanted
  oldest = oldestProtocol
}

let refreshing: Promise<void> | null = null

/** One look at a time: while the browser's question is open, the look before it waits for the answer. */
function refresh(): Promise<void> {
  refreshing ??= seek().finally(() => (refreshing = null))
  return refreshing
}

async function seek(): Promise<void> {
  if (events?.readyState === WebSocket.OPEN) return // the client tells by itself
  try {
    client ??= await findClient(ports, oldest)
    take(await client.keys())
    const { version, newer_version: newerVersion = null } = client.hello
    Object.assign(state, { phase: 'here', problem: null, version, newerVersion })
    listen(client)
  } catch (caught) {
    client = null
    const access = await localAccess()
    // A question that was closed without an answer comes again at the next look: only after another click.
    const isUnanswered = access === 'prompt' && !isOfThisComputer()
    if (isUnanswered) hasAsked = false
    const phase = isUnanswered ? 'ask' : 'absent'
    Object.assign(state, { phase, access, problem: asProblem(caught), keys: [], generation: -1 })
  }
}

function take(list: KeyList): void {
  if (list.generation === state.generation && list.keys.length === state.keys.length) return
  Object.assign(state, { generation: list.generation, keys: list.keys })
}

/** Let the client tell of every change; where it cannot, or stops, the next tick asks as before. */
function listen(found: SecurityClient): void {
  if (events || watchers === 0 || Date.now() < deafUntil) return
  const socket = new WebSocket(found.events)
  events = socket
  socket.onmessage = (event: MessageEvent<string>) => take(JSON.parse(event.data) as KeyList)
  socket.onclose = () => {
    if (events === socket) events = null
    deafUntil = Date.now() + DEAF_MILLISECONDS
    void refresh()
  }
}

const isOfThisComputer = () => ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname)

/** Whether the browser would show its permission question; never on a page of this computer itself. */
async function mustAskFirst(): Promise<boolean> {
  if (hasAsked || isOfThisComputer()) return false
  state.access = await localAccess()
  return state.access === 'prompt'
}

/** Look now, on a click: from here on the browser's question may appear. */
async function look(): Promise<void> {
  hasAsked = true
  if (state.phase === 'ask') state.phase = 'asking'
  await refresh()
}

async function tick(): Promise<void> {
  if (await mustAskFirst()) state.phase = 'ask'
  else await refresh()
  if (watchers > 0) timer = setTimeout(() => void tick(), REFRESH_MILLISECONDS)
}

/** Look at once, and keep looking while anybody watches; returns how to stop. */
function watch(): () => void {
  watchers += 1
  if (watchers === 1) void tick()
  return () => {
    watchers -= 1
    if (watchers > 0) return
    if (timer) clearTimeout(timer)
    events?.close()
  }
}

/** The key that holds a certificate, or undefined when it is not plugged in. */
function keyOf(certificateSha256: string): Key | undefined {
  return state.keys.find((key) => key.certificates.some(({ sha256 }) => sha256 === certificateSha256))
}

function certificateOf(certificateSha256: string): KeyCertificate | undefined {
  return state.keys.flatMap((key) => key.certificates).find(({ sha256 }) => sha256 === certificateSha256)
}

export function useClient() {
  return {
    state: readonly(state),
    isHere: computed(() => state.phase === 'here'),
    current: () => client,
    look,
    watch,
    keyOf,
    certificateOf,
  }
}
