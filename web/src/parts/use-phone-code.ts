/** Asking for a code by short message, and the wait until another may be asked for. */
import { reactive, readonly } from 'vue'
import * as calls from '@/api/organization'
import { asProblem, type ProblemError } from '@/api/client'
import type { CodeSent } from '@/api/schema'
import { useCountdown } from './use-countdown'

interface State {
  sent: CodeSent | null
  problem: ProblemError | null
  isBusy: boolean
  /** What the demonstration's outbox caught, in place of a phone. */
  caught: string | null
}

const NOTHING: State = { sent: null, problem: null, isBusy: false, caught: null }

/** `caughtFor` names the number whose messages a demonstration may show; null where messages are really sent. */
export function usePhoneCode(caughtFor: () => string | null) {
  const { left: wait, count } = useCountdown()
  const state = reactive({ ...NOTHING, wait })

  async function show(): Promise<void> {
    const mobile = caughtFor()
    if (mobile === null) return
    state.caught = (await calls.sandboxMessages(mobile).catch(() => []))[0]?.text_zh ?? null
  }

  async function ask(how: () => Promise<CodeSent>): Promise<void> {
    state.isBusy = true
    state.problem = null
    try {
      state.sent = await how()
      count(state.sent.again_after_seconds)
      await show()
    } catch (caught) {
      state.problem = asProblem(caught)
      const seconds = state.problem.report.facts['seconds']
      if (typeof seconds === 'number') count(seconds)
    } finally {
      state.isBusy = false
    }
  }

  return { state: readonly(state), ask }
}
