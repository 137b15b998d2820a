/** How long a certificate or a seal still lasts, as people ask it. */
export type Lasting = 'over' | 'soon' | 'good' | 'not_yet'

const SOON_DAYS = 60
const DAY = 86_400_000

export function daysLeft(until: string, now: number): number {
  return Math.ceil((Date.parse(until) - now) / DAY)
}

export function lasting(from: string, until: string, now: number): Lasting {
  if (now < Date.parse(from)) return 'not_yet'
  const left = daysLeft(until, now)
  if (left <= 0) return 'over'
  return left <= SOON_DAYS ? 'soon' : 'good'
}
