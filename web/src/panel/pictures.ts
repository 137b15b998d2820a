/** Pictures of pages from the server, two at a time: what came into view last is what the person looks at now. */
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

const waiting: Wanted[] = []
let running = 0

/** Ask for a picture; aborting the signal takes it out of the row, or stops it. */
export function picture(url: string, signal: AbortSignal): Promise<Blob> {
  return new Promise((resolve, reject) => {
    waiting.push({ url, signal, resolve, reject })
    next()
  })
}

function next(): void {
  while (running < AT_ONCE) {
    const one = waiting.pop()
    if (!one) return
    if (one.signal.aborted) {
      one.reject(one.signal.reason)
      continue
    }
    running += 1
    void fetched(one.url, one.signal)
      .then(one.resolve, one.reject)
      .finally(() => {
        running -= 1
        next()
      })
  }
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
