/** What is looked for in a list, in the address of the page: kept by reloading, bookmarks, back and forward. */
import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { NOTHING, type Search } from '@/api/lists'

export const STATES = ['open', 'completed', 'declined', 'voided', 'expired'] as const
export type Part = keyof Search

const isDay = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))

/** The search that an address holds; what no search can mean is left out. */
export function fromAddress(query: LocationQuery): Search {
  const text = (name: Part) => (typeof query[name] === 'string' ? query[name].trim() : '')
  const day = (name: Part) => (isDay(text(name)) ? text(name) : '')
  return {
    q: text('q').slice(0, 200),
    initiator: text('initiator').slice(0, 100),
    since: day('since'),
    until: day('until'),
    state: STATES.find((one) => one === text('state')) ?? '',
  }
}

/** The other way round: only what is asked for stands in the address. */
export function toAddress(search: Search): LocationQueryRaw {
  const told: LocationQueryRaw = {}
  for (const name of parts(search)) told[name] = search[name].trim()
  return told
}

/** Which parts of a search ask for anything. */
export function parts(search: Search): Part[] {
  return (Object.keys(NOTHING) as Part[]).filter((name) => search[name].trim() !== '')
}

export function isSame(one: Search, other: Search): boolean {
  return (Object.keys(NOTHING) as Part[]).every((name) => one[name].trim() === other[name].trim())
}
