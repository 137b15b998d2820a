/** How a task stands, in words: whose turn it is, since when, until when. */
import type { EnvelopeSummary } from '@/api/schema'

/** A text of `lists.*` or `state.*` with its facts; `n` chooses between one and many. */
export interface Said {
  key: string
  facts: Record<string, string | number>
}
export interface Status {
  tone: 'todo' | 'info' | 'ok' | 'bad' | ''
  /** Whose turn it is, or how it ended. */
  head: Said
  /** Since when, until when, how far. */
  rest: Said[]
}

const DAY = 86_400_000
const MOST_NAMES = 2
const said = (key: string, facts: Record<string, string | number> = {}): Said => ({ key, facts })

/** Whole days between two moments on the reader's calendar: yesterday evening is one day ago. */
export function daysBetween(from: Date, to: Date): number {
  const midnight = (at: Date) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime()
  return Math.round((midnight(to) - midnight(from)) / DAY)
}

function since(at: string | null | undefined, now: Date): Said[] {
  if (!at) return []
  const hours = Math.floor((now.getTime() - new Date(at).getTime()) / 3_600_000)
  const days = daysBetween(new Date(at), now)
  if (days >= 1 && hours >= 12) return [said('lists.forDays', { n: days })]
  return hours >= 1 ? [said('lists.forHours', { n: hours })] : [said('lists.justNow')]
}

function until(at: string | null, now: Date, day: (at: string) => string): Said[] {
  if (!at) return []
  const days = daysBetween(now, new Date(at))
  if (days === 0) return [said('lists.dueToday')]
  return [days === 1 ? said('lists.dueTomorrow') : said('lists.due', { day: day(at) })]
}

/** `joined` puts names side by side, `day` writes a day, each in the reader's language. */
export function statusOf(row: EnvelopeSummary, now: Date, joined: (names: string[]) => string, day: (at: string) => string): Status {
  if (row.state === 'completed') return { tone: 'ok', head: said('state.completed'), rest: row.completed_at ? [said('lists.completedOn', { day: day(row.completed_at) })] : [] }
  if (row.state === 'declined' || row.state === 'voided') return { tone: row.state === 'declined' ? 'bad' : '', head: said(`state.${row.state}`), rest: row.ended_by ? [said(`lists.${row.state}By`, { name: row.ended_by })] : [] }
  if (row.state === 'expired') return { tone: '', head: said('state.expired'), rest: row.deadline_at ? [said('lists.expiredOn', { day: day(row.deadline_at) })] : [] }
  const rest = [...since(row.waiting_since, now), ...until(row.deadline_at, now, day)]
  if (row.my_state === 'ready') return { tone: 'todo', head: said('state.mine'), rest }
  const names = [...row.waiting_for]
  if (names.length === 0) return { tone: 'info', head: said('state.notYet'), rest }
  const shown = joined(names.slice(0, MOST_NAMES))
  const head = names.length > MOST_NAMES ? said('lists.waitingMany', { names: shown, n: names.length }) : said('state.waiting', { names: shown })
  return { tone: 'info', head, rest }
}
