/** One act at a time: what refuses it is kept to be told, and a fresh proof, where it is asked for, does it again. */
import { reactive, readonly } from 'vue'
import { asProblem, type ProblemError } from '@/api/client'

interface State {
  problem: ProblemError | null
  isBusy: boolean
  /** The person has to prove first who he is. */
  isProofWanted: boolean
}

export function useAttempt() {
  const state = reactive<State>({ problem: null, isBusy: false, isProofWanted: false })
  let waiting: (() => Promise<void>) | null = null

  /** True when it was done. */
  async function attempt(act: () => Promise<void>): Promise<boolean> {
    Object.assign(state, { problem: null, isBusy: true, isProofWanted: false })
    try {
      await act()
      return true
    } catch (caught) {
      const problem = asProblem(caught)
      if (problem.code === 'STEP_UP_REQUIRED') {
        state.isProofWanted = true
        waiting = act
      } else {
        state.problem = problem
      }
      return false
    } finally {
      state.isBusy = false
    }
  }

  async function proved(): Promise<void> {
    state.isProofWanted = false
    const act = waiting
    waiting = null
    if (act) await attempt(act)
  }

  function giveUp(): void {
    state.isProofWanted = false
    waiting = null
  }

  return { state: readonly(state) as State, attempt, proved, giveUp }
}
