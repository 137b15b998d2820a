/** Binding the certificate of a plugged key: a challenge, the PIN in the client's window, and what comes of the proof. */
import { reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { Binding, KeyCertificate, ProblemReport } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, runDialog } from '@/agent/sign'

export type BindingStep = 'idle' | 'waiting' | 'bound' | 'asked' | 'stopped'

interface State {
  step: BindingStep
  /** SHA-256 of the certificate that the job is about. */
  chosen: string | null
  binding: Binding | null
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

const NOTHING: State = { step: 'idle', chosen: null, binding: null, problem: null, told: null, windowAddress: null }

/** `word` is what the client's window says until the client's page is there. */
export function useBinding(client: () => SecurityClient | null, word: () => string) {
  const state = reactive<State>({ ...NOTHING })
  let view: ClientWindow | null = null

  /** In a click: it opens the client's window. */
  async function begin(certificate: KeyCertificate, forOrganization: boolean): Promise<void> {
    const reached = client()
    view = ClientWindow.open(word(), reached?.hello.has_desktop_window)
    const own = view
    Object.assign(state, NOTHING, { step: 'waiting', chosen: certificate.sha256 })
    try {
      if (!reached) throw problemOf('CLIENT_NOT_FOUND')
      const order = await calls.beginBinding(certificate.der, forOrganization)
      const result = await runDialog(reached, 'bind', () => reached.open(order), own, {
        onBlocked: (address) => (state.windowAddress = address),
        onTold: (problem) => (state.told = problem),
      })
      const binding = await calls.bindCertificate(result)
      Object.assign(state, { step: binding.certificate ? 'bound' : 'asked', binding, windowAddress: null })
    } catch (caught) {
      Object.assign(state, { step: 'stopped', problem: asProblem(caught), windowAddress: null })
    } finally {
      own.close()
    }
  }

  /** Open the client's page in a click, where the page could not do it by itself. */
  function openWindow(): void {
    if (state.windowAddress) view?.reopen(state.windowAddress)
    state.windowAddress = null
  }

  const settle = () => Object.assign(state, NOTHING)

  return { state: readonly(state), begin, openWindow, settle }
}

export type BindingJob = ReturnType<typeof useBinding>
