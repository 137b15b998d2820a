/** Speaking to the security client on this computer (wire/keys.py): find it, list keys, ask it to sign. */
import { ProblemError, problemFrom, problemOf } from '@/api/client'
import type { DialogOpened, DialogState, Hello, KeyList, NamedKey, SignedOrder, UnlockRequest } from '@/api/schema'

/** Oldest and newest client protocol that this page understands. */
export const PROTOCOL = 2
/** From this protocol on a client signs several documents at once (`sign_batch`). */
export const BATCH_PROTOCOL = 2
const WAIT_SECONDS = 20

type Method = 'GET' | 'POST' | 'DELETE'

/** The client that answered, at its address. */
export class SecurityClient {
  constructor(
    readonly address: string,
    readonly hello: Hello,
  ) {}

  keys(): Promise<KeyList> {
    return askClient<KeyList>(this.address, 'GET', '/keys')
  }

  /** Where the client tells of every change of its keys. */
  get events(): string {
    return `${this.address.replace(/^http/, 'ws')}/events`
  }

  /** Ask the person for the old PIN and a new one; no order is needed, and nothing leaves the client. */
  changePin(key: NamedKey): Promise<DialogOpened> {
    return askClient<DialogOpened>(this.address, 'POST', '/pin-changes', { key })
  }

  /** A request for the certificate authority's desk, with the code that the person tells it. */
  requestUnlock(key: NamedKey): Promise<UnlockRequest> {
    return askClient<UnlockRequest>(this.address, 'POST', '/unlock-requests', key)
  }

  open(order: SignedOrder): Promise<DialogOpened> {
    return askClient<DialogOpened>(this.address, 'POST', '/dialogs', order)
  }

  /** Where the dialog stands; answers at once when it changed, else after some seconds. */
  state(dialogId: string, signal?: AbortSignal): Promise<DialogState> {
    return askClient<DialogState>(this.address, 'GET', `/dialogs/${dialogId}?wait=${WAIT_SECONDS}`, undefined, signal)
  }

  cancel(dialogId: string): Promise<DialogState> {
    return askClient<DialogState>(this.address, 'DELETE', `/dialogs/${dialogId}`)
  }
}

async function askClient<Answer>(
  address: string,
  method: Method,
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(`${address}${path}`, {
      method,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      ...(signal ? { signal } : {}),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    })
  } catch (caught) {
    if (signal?.aborted) throw caught
    throw problemOf('CLIENT_NOT_FOUND')
  }
  if (!response.ok) throw await problemFrom(response)
  return (await response.json()) as Answer
}

/** Find the client on one of the ports the platform names. Rejects with CLIENT_NOT_FOUND, PLATFORM_NOT_PAIRED … */
export async function findClient(ports: readonly number[], oldest: number): Promise<SecurityClient> {
  let refusal: ProblemError | null = null
  for (const port of ports) {
    const address = `http://127.0.0.1:${port}`
    try {
      const hello = await askClient<Hello>(address, 'GET', '/hello')
      const protocol = hello.protocol ?? 0
      if (protocol < oldest || protocol > PROTOCOL) {
        throw problemOf('CLIENT_TOO_OLD', { protocol })
      }
      return new SecurityClient(address, hello)
    } catch (caught) {
      if (caught instanceof ProblemError && caught.code !== 'CLIENT_NOT_FOUND') refusal = caught
    }
  }
  throw refusal ?? problemOf('CLIENT_NOT_FOUND')
}

/** What the browser lets this page do with programs on the computer; null where it does not say. */
export async function localAccess(): Promise<PermissionState | null> {
  for (const name of ['loopback-network', 'local-network-access']) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state
    } catch {
      continue
    }
  }
  return null
}
