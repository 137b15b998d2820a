/**
 * Which browser this is, as far as it matters here (manual 2 and 6.4: the Chromium family signs with a USBKey).
 *
 * No wall: whoever comes with another browser reads, verifies and administers; only what needs the security client is
 * told to be done elsewhere, because other engines keep pages away from it or were never tried with it.
 */

/** The oldest Chromium that pdf.js's build for older browsers, and the rest of this page, run in. */
export const OLDEST_CHROMIUM = 118

export type Standing = 'good' | 'old' | 'other'
export interface Browser {
  standing: Standing
  /** Of Chromium; 0 for another engine. */
  version: number
}
interface Brand {
  brand: string
  version: string
}

/** By what the browser says of itself; the brands where it tells them, else the user agent line. */
export function browserOf(agent: string, brands: readonly Brand[] = []): Browser {
  const told = brands.find(({ brand }) => brand === 'Chromium')?.version ?? /Chrom(?:e|ium)\/(\d+)/.exec(agent)?.[1]
  const version = Number(told ?? 0)
  if (version === 0) return { standing: 'other', version }
  return { standing: version < OLDEST_CHROMIUM ? 'old' : 'good', version }
}

/** The one that shows this page. */
export function thisBrowser(): Browser {
  const { userAgent, userAgentData } = navigator as Navigator & { userAgentData?: { brands?: readonly Brand[] } }
  return browserOf(userAgent, userAgentData?.brands)
}
