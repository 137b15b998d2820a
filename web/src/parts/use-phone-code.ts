/** Asking for a code by short message, and the wait until another may be asked for. */
import { onBeforeUnmount, reactive, readonly } from 'vue'
import * as calls from '@/api/organization'
import { asProblem, type ProblemError } from '@/api/client'
import type { CodeSent } from '@/api/schema'

interface State {
  sent: CodeSent | null
  wait: number
  problem: ProblemError | null
  isBusy: boolean
  /** What the demonstration's outbox caught, in place of a phone. */
  caught: string | null
}

/** `caughtFor` names the number whose messages a demonstration may show; null where messages are really sent. */
export function usePhoneCode(caughtFor: () => string | null) {
  const state = reactive<State>({ sent: null, wait: 0, problem: null, isBusy: false, caught: null })
  let timer: ReturnType<typeof setInterval> | undefined

  function count(seconds: number): void {
    clearInterval(timer)
    state.wait = seconds
    timer = setInterval(() => {
      state.wait -= 1
      if (state.wait <= 0) clearInterval(timer)
    }, 1000)
  }

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

  onBeforeUnmount(() => clearInterval(timer))
  return { state: readonly(state), ask }
}
