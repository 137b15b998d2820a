/**
 * Whether the platform can be reached: told by every request and by the browser; while it is lost, asked for again.
 *
 * One treatment for a cable that is out, a server that restarts and a proxy with nothing behind it: a line on top of
 * every screen, no page thrown away, and the next try by itself.
 */
import { reactive, readonly } from 'vue'
import { whenReached } from '@/api/client'

const AGAIN_MILLISECONDS = 3000
const TOLD_MILLISECONDS = 4000

type Standing = 'good' | 'lost' | 'back'
const state = reactive<{ standing: Standing; isTrying: boolean }>({ standing: 'good', isTrying: false })
let timer: ReturnType<typeof setTimeout> | undefined
let lostAt = 0

/** What was asked before the loss says nothing about now, however late its answer came. */
function note(isReached: boolean, beganAt: number): void {
  if (isReached && state.standing === 'lost' && beganAt > lostAt) {
    state.standing = 'back'
    clearTimeout(timer)
    timer = setTimeout(() => (state.standing = 'good'), TOLD_MILLISECONDS)
  } else if (!isReached && state.standing !== 'lost') {
    state.standing = 'lost'
    lostAt = performance.now()
    clearTimeout(timer)
    timer = setTimeout(() => void tryAgain(), AGAIN_MILLISECONDS)
  }
}

/** Ask whether the platform is there, now. */
async function tryAgain(): Promise<void> {
  clearTimeout(timer)
  state.isTrying = true
  const beganAt = performance.now()
  const isThere = await fetch('/api/health', { cache: 'no-store' }).then((answer) => answer.ok, () => false)
  state.isTrying = false
  if (isThere) note(true, beganAt)
  else timer = setTimeout(() => void tryAgain(), AGAIN_MILLISECONDS)
}

/** Begin to watch; once for the page. */
export function watchConnection(): void {
  whenReached(note)
  window.addEventListener('offline', () => note(false, performance.now()))
  window.addEventListener('online', () => void tryAgain())
}

export const useConnection = () => ({ state: readonly(state), tryAgain })
