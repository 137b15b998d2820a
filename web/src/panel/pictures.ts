/**
 * Pictures of pages from the server, two at a time: what came into view last is what the person looks at now. The
 * small ones beside it come one at a time, and while no large one is wanted.
 */
import { ProblemError } from '@/api/client'
import { pagePicture } from '@/api/view'

const AT_ONCE = 2
const TRIES = 6
const PAUSE_MS = 400

interface Wanted {
  url: string
  signal: AbortSignal
  resolve: (picture: Blob) => void
  reject: (caught: unknown) => void
}

const waiting = { large: [] as Wanted[], small: [] as Wanted[] }
const running = { large: 0, small: 0 }

/** Ask for a picture; aborting the signal takes it out of the row, or stops it. */
export function picture(url: string, signal: AbortSignal, isSmall = false): Promise<Blob> {
  return new Promise((resolve, reject) => {
    waiting[isSmall ? 'small' : 'large'].push({ url, signal, resolve, reject })
    // Not at once: what comes into view together is asked for together, and the large ones go first.
    setTimeout(next)
  })
}

function next(): void {
  while (running.large < AT_ONCE && take('large'));
  while (running.large + running.small === 0 && take('small'));
}

/** Begin with the one that was asked for last and is still wanted; false where there is none. */
function take(size: 'large' | 'small'): boolean {
  const one = waiting[size].pop()
  if (!one) return false
  if (one.signal.aborted) {
    one.reject(one.signal.reason)
    return take(size)
  }
  running[size] += 1
  void fetched(one.url, one.signal)
    .then(one.resolve, one.reject)
    .finally(() => {
      running[size] -= 1
      next()
    })
  return true
}

/** A server that is busy with other pages is asked again a little later. */
async function fetched(url: string, signal: AbortSignal): Promise<Blob> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await pagePicture(url, signal)
    } catch (caught) {
      const isBusy = caught instanceof ProblemError && caught.code === 'PLATFORM_BUSY'
      if (!isBusy || attempt === TRIES) throw caught
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt))
      if (signal.aborted) throw signal.reason
    }
  }
}
