/** 保存并签名: from the placed marks to the stored revision, one key after another (docs/flows/seal.md). */
import { reactive, readonly } from 'vue'
import { abandonCeremony, openCeremony, postResult, prepareAgain } from '@/api/calls'
import { asProblem, ProblemError, problemOf } from '@/api/client'
import type { Ceremony, OpenCeremony, ProblemReport } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, signOrder } from '@/agent/sign'

export type Step = 'idle' | 'preparing' | 'waiting' | 'writing' | 'done' | 'stopped'

interface State {
  step: Step
  ceremony: Ceremony | null
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

/** Problems after which the same order is simply prepared again on what is there now. */
const PREPARED_AGAIN = new Set(['ORDER_EXPIRED', 'REVISION_MOVED'])

export function useCeremony(client: () => SecurityClient | null) {
  const state = reactive<State>({ step: 'idle', ceremony: null, problem: null, told: null, windowAddress: null })

  /** Start from the placed marks; call it in the click, so that the client's window may open. */
  function start(envelopeId: string, wanted: OpenCeremony): Promise<void> {
    return run(() => openCeremony(envelopeId, wanted))
  }

  /** Go on with a session whose earlier keys have signed, or whose last try was stopped; also in a click. */
  function goOn(ceremony: Ceremony): Promise<void> {
    return run(() => prepareAgain(ceremony.id))
  }

  async function run(prepare: () => Promise<Ceremony>): Promise<void> {
    const view = ClientWindow.open()
    Object.assign(state, { step: 'preparing', problem: null, told: null, windowAddress: null })
    try {
      state.ceremony = await prepare()
      await signAll(view)
      state.step = 'done'
    } catch (caught) {
      Object.assign(state, { step: 'stopped', problem: asProblem(caught), windowAddress: null })
      if (PREPARED_AGAIN.has(state.problem?.code ?? '')) await prepareOnNewHead()
    } finally {
      view.close()
    }
  }

  async function signAll(view: ClientWindow): Promise<void> {
    while (state.ceremony?.order) {
      const reached = client()
      if (!reached) throw problemOf('CLIENT_NOT_FOUND')
      Object.assign(state, { step: 'waiting', told: null, windowAddress: null })
      const result = await signOrder(reached, state.ceremony.order, view, {
        onBlocked: (address) => (state.windowAddress = address),
        onTold: (problem) => (state.told = problem),
      })
      Object.assign(state, { step: 'writing', told: null, windowAddress: null })
      state.ceremony = await postResult(state.ceremony.id, result)
    }
  }

  /** The document moved on under us: have it prepared again, so that one more click signs what is there now. */
  async function prepareOnNewHead(): Promise<void> {
    if (!state.ceremony) return
    try {
      state.ceremony = await prepareAgain(state.ceremony.id)
    } catch (caught) {
      state.problem = asProblem(caught)
    }
  }

  async function giveUp(): Promise<void> {
    if (state.ceremony && state.ceremony.state === 'open') await abandonCeremony(state.ceremony.id)
    reset()
  }

  function reset(): void {
    Object.assign(state, { step: 'idle', ceremony: null, problem: null, told: null, windowAddress: null })
  }

  return { state: readonly(state), start, goOn, giveUp, reset }
}

export type CeremonyRun = ReturnType<typeof useCeremony>
