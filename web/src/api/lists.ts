/** The lists: a page of one, what waits next, and a list as a file. */
import { ask, file } from './client'
import type { EnvelopePage, EnvelopeState, NextTask } from './schema'

export type ListName = 'inbox' | 'signed' | 'started' | 'copied'

/** What is looked for; the days are of the reader's own calendar, both of them included. */
export interface Search {
  q: string
  initiator: string
  since: string
  until: string
  state: EnvelopeState | ''
}

export const NOTHING: Search = { q: '', initiator: '', since: '', until: '', state: '' }

/** Midnight at which a day of the reader's calendar begins, or the day so many after it. */
function midnight(day: string, later = 0): string {
  const [year = 1970, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + later).toISOString()
}

function asked(list: ListName, search: Search): URLSearchParams {
  const wanted = new URLSearchParams({ list })
  if (search.q) wanted.set('q', search.q)
  if (search.initiator) wanted.set('initiator', search.initiator)
  if (search.since) wanted.set('since_at', midnight(search.since))
  if (search.until) wanted.set('until_at', midnight(search.until, 1))
  if (search.state) wanted.set('state', search.state)
  return wanted
}

export function envelopes(list: ListName, search: Search, cursor: string | null): Promise<EnvelopePage> {
  const wanted = asked(list, search)
  wanted.set('limit', '20')
  if (cursor) wanted.set('cursor', cursor)
  return ask<EnvelopePage>('GET', `/envelopes?${wanted.toString()}`)
}

/** What waits for me; of the same task first, where more of it waits. */
export const nextTask = (after?: string) => ask<NextTask>('GET', `/next${after ? `?after=${after}` : ''}`)

export function exported(list: ListName, search: Search, format: 'csv' | 'xlsx'): Promise<Blob> {
  const wanted = asked(list, search)
  wanted.set('format', format)
  return file(`/envelopes/export?${wanted.toString()}`)
}
