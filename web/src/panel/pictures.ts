/**
 * Pictures of pages from the server, one at a time: the server draws several pages in one go, so the next one is
 * mostly there already. What came into view last comes first, in the order of the pages; the small pictures beside
 * the document come while no large one is wanted.
 */
import { ProblemError } from '@/api/client'
import { pagePicture } from '@/api/view'

const TRIES = 6
const PAUSE_MS = 400

interface Wanted {
  url: string
  signal: AbortSignal
  resolve: (picture: Blob) => void
  reject: (caught: unknown) => void
}

/** What came into view together stands in one row; the last row is what the person looks at now. */
const rows = { large: [] as Wanted[][], small: [] as Wanted[][] }
let isGathering = false
let isRunning = false

/** Ask for a picture; aborting the signal takes it out of its row, or stops it. */
export function picture(url: string, signal: AbortSignal, isSmall = false): Promise<Blob> {
  return new Promise((resolve, reject) => {
    gather()
    rows[isSmall ? 'small' : 'large'].at(-1)?.push({ url, signal, resolve, reject })
  })
}

/** Not at once: what comes into view together is asked for together. */
function gather(): void {
  if (isGathering) return
  isGathering = true
  for (const size of ['large', 'small'] as const) rows[size] = [...rows[size].filter((row) => row.length > 0), []]
  setTimeout(() => {
    isGathering = false
    next()
  })
}

function next(): void {
  if (isRunning) return
  const one = taken('large') ?? taken('small')
  if (!one) return
  isRunning = true
  void fetched(one.url, one.signal)
    .then(one.resolve, one.reject)
    .finally(() => {
      isRunning = false
      next()
    })
}

/** The first of the last row that is still wanted. */
function taken(size: 'large' | 'small'): Wanted | undefined {
  for (const row of [...rows[size]].reverse()) {
    for (let one = row.shift(); one; one = row.shift()) {
      if (!one.signal.aborted) return one
      one.reject(one.signal.reason)
    }
  }
  return undefined
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
