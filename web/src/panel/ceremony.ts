/** 保存并签名: from the placed marks to the stored revision, one key after another (docs/flows/seal.md). */
import { reactive, readonly } from 'vue'
import { openCeremony, pauseCeremony, postResult, prepareAgain } from '@/api/calls'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { Ceremony, OpenCeremony, ProblemReport, SignResult } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, signOrder } from '@/agent/sign'

export type Step = 'idle' | 'queued' | 'preparing' | 'waiting' | 'writing' | 'done' | 'stopped'

interface State {
  step: Step
  ceremony: Ceremony | null
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

interface Kept {
  ceremonyId: string
  result: SignResult
}

/** After these the server does not want the same result again: the order has to be prepared anew. */
const TO_PREPARE = new Set(['ORDER_EXPIRED', 'REVISION_MOVED', 'CEREMONY_INCOMPLETE'])

/** How long to wait before asking again whether another signer has finished. */
const ASK_AGAIN_MS = 2000

/** One sealing session in this page. `word` is what the client's window says until the client's page is there. */
export function useCeremony(client: () => SecurityClient | null, word: () => string) {
  const state = reactive<State>({ step: 'idle', ceremony: null, problem: null, told: null, windowAddress: null })
  let kept: Kept | null = null
  let view: ClientWindow | null = null
  let isWaiting = false

  /** Start from the placed marks; call it in the click, so that the client's window may open. */
  function start(envelopeId: string, wanted: OpenCeremony): Promise<void> {
    kept = null
    return run(() => openCeremony(envelopeId, wanted))
  }

  /**
   * Go on with a session whose earlier keys have signed, or whose last try was stopped; also in a click.
   * A value that a key already gave is handed in again first, so that no PIN is asked twice for one signature.
   */
  function goOn(ceremony: Ceremony): Promise<void> {
    return run(() => (kept?.ceremonyId === ceremony.id ? handIn(kept) : prepareAgain(ceremony.id)))
  }

  async function run(prepare: () => Promise<Ceremony>): Promise<void> {
    view = ClientWindow.open(word(), client()?.hello.has_desktop_window, 'wide')
    Object.assign(state, { step: 'preparing', problem: null, told: null, windowAddress: null })
    try {
      state.ceremony = await inTurn(prepare)
      await signAll(view)
      state.step = 'done'
    } catch (caught) {
      await giveWay()
      Object.assign(state, { step: 'stopped', problem: asProblem(caught), windowAddress: null })
    } finally {
      view?.close()
    }
  }

  /** Prepare when nobody else is signing this document: until then the key is not asked, and no PIN is spent. */
  async function inTurn(prepare: () => Promise<Ceremony>): Promise<Ceremony> {
    isWaiting = true
    for (;;) {
      try {
        return await prepare()
      } catch (caught) {
        const problem = asProblem(caught)
        if (problem.code !== 'DOCUMENT_BEING_SIGNED' || !isWaiting) throw problem
        Object.assign(state, { step: 'queued', told: problem.report })
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
      }
    }
  }

  /** The key's question stays unanswered: let the others sign, and go on from the same marks later. */
  async function giveWay(): Promise<void> {
    if (state.ceremony?.order && !kept) await pauseCeremony(state.ceremony.id).catch(() => undefined)
  }

  /** Wait no longer for the signer who is at it. */
  const leave = () => (isWaiting = false)

  async function signAll(shown: ClientWindow): Promise<void> {
    while (state.ceremony?.order) {
      const reached = client()
      if (!reached) throw problemOf('CLIENT_NOT_FOUND')
      Object.assign(state, { step: 'waiting', told: null, windowAddress: null })
      const result = await signOrder(reached, state.ceremony.order, shown, {
        onBlocked: (address) => (state.windowAddress = address),
        onTold: (problem) => (state.told = problem),
      })
      state.ceremony = await handIn({ ceremonyId: state.ceremony.id, result })
    }
  }

  /** Give the key's value to the server; it is kept while the server may still take the very same value. */
  async function handIn(one: Kept): Promise<Ceremony> {
    Object.assign(state, { step: 'writing', told: null, windowAddress: null })
    kept = one
    try {
      const answer = await postResult(one.ceremonyId, one.result)
      kept = null
      return answer
    } catch (caught) {
      const problem = asProblem(caught)
      if (!problem.report.is_retriable || TO_PREPARE.has(problem.code)) kept = null
      throw problem
    }
  }

  /** Open the client's page in a click, where the page could not do it by itself. */
  function openWindow(): void {
    if (state.windowAddress) view?.reopen(state.windowAddress)
    state.windowAddress = null
  }

  /** Whether a key's value waits here to be handed in again. */
  const isHolding = (ceremony: Ceremony) => kept?.ceremonyId === ceremony.id

  /** Begin anew with another document. */
  function reset(): void {
    kept = null
    Object.assign(state, { step: 'idle', ceremony: null, problem: null, told: null, windowAddress: null })
  }

  /** Forget what stopped the last try, for the sheet that opens anew. */
  function settle(): void {
    if (state.step === 'stopped') Object.assign(state, { step: 'idle', problem: null, told: null })
  }

  return { state: readonly(state), start, goOn, leave, openWindow, isHolding, settle, reset }
}

export type CeremonyRun = ReturnType<typeof useCeremony>
