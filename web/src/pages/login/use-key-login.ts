/** Logging in with a key: a challenge for its certificate, the PIN in the client's window, the answer back. */
import { reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { KeyCertificate, LoginResult, ProblemReport } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, runDialog } from '@/agent/sign'

interface State {
  /** SHA-256 of the certificate that is being logged in with. */
  chosen: string | null
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

const NOTHING: State = { chosen: null, problem: null, told: null, windowAddress: null }

/** `word` is what the client's window says until the client's page is there; `finish` takes what the key signed. */
export function useKeyLogin(
  client: () => SecurityClient | null,
  word: () => string,
  finish: (result: LoginResult) => Promise<void>,
) {
  const state = reactive<State>({ ...NOTHING })
  let view: ClientWindow | null = null

  /** In a click: it opens the client's window. True when the person is logged in. */
  async function begin(certificate: KeyCertificate): Promise<boolean> {
    const reached = client()
    view = ClientWindow.open(word(), reached?.hello.has_desktop_window)
    const own = view
    Object.assign(state, NOTHING, { chosen: certificate.sha256 })
    try {
      if (!reached) throw problemOf('CLIENT_NOT_FOUND')
      const order = await calls.loginChallenge(certificate.der)
      const result = await runDialog(reached, 'login', () => reached.open(order), own, {
        onBlocked: (address) => (state.windowAddress = address),
        onTold: (problem) => (state.told = problem),
      })
      await finish(result)
      return true
    } catch (caught) {
      Object.assign(state, NOTHING, { problem: asProblem(caught) })
      return false
    } finally {
      own.close()
    }
  }

  /** Open the client's page in a click, where the page could not do it by itself. */
  function openWindow(): void {
    if (state.windowAddress) view?.reopen(state.windowAddress)
    state.windowAddress = null
  }

  return { state: readonly(state), begin, openWindow }
}
