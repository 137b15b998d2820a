/** My applications for certificates and requests for unlocking, as the server keeps them; looked at while one waits. */
import { onBeforeUnmount, onMounted, reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, type ProblemError } from '@/api/client'
import type { Enrolment, NamedKey, Unlock } from '@/api/schema'
import { nameOf } from './use-key-care'

const LOOK_MILLISECONDS = 3000
const OPEN_UNLOCK = new Set(['asked', 'approved', 'released'])
const OPEN_ENROLMENT = new Set(['ordered', 'issued'])

export function useKeyJobs() {
  const state = reactive<{ enrolments: Enrolment[]; unlocks: Unlock[]; problem: ProblemError | null }>({
    enrolments: [],
    unlocks: [],
    problem: null,
  })
  let timer: ReturnType<typeof setTimeout> | null = null

  async function look(): Promise<void> {
    try {
      const [enrolments, unlocks] = await Promise.all([calls.enrolments(), calls.unlocks()])
      Object.assign(state, { enrolments, unlocks, problem: null })
    } catch (caught) {
      state.problem = asProblem(caught)
    }
  }

  async function follow(): Promise<void> {
    if (state.unlocks.some((one) => OPEN_UNLOCK.has(one.state)) || state.problem) await look()
    timer = setTimeout(() => void follow(), LOOK_MILLISECONDS)
  }

  onMounted(async () => {
    await look()
    await follow()
  })
  onBeforeUnmount(() => {
    if (timer) clearTimeout(timer)
  })

  /** The newest request for this key; a finished one is history, and told only until the next. */
  const unlockOf = (key: NamedKey): Unlock | undefined => state.unlocks.find((one) => nameOf(one.key) === nameOf(key))
  /** What was begun for this key and not finished. */
  const enrolmentOf = (key: NamedKey): Enrolment | undefined =>
    state.enrolments.find((one) => nameOf(one.key) === nameOf(key) && OPEN_ENROLMENT.has(one.state))

  return { state: readonly(state), look, unlockOf, enrolmentOf }
}
