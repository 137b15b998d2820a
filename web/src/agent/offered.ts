/** The security client that this platform offers for download (wire/platforms.py: SignedRelease, Release). */
import type { Archive, Release, SignedRelease } from '@/api/schema'

export interface Offered {
  version: string
  /** The archive for this computer, or null where there is none. */
  mine: Archive | null
  others: readonly Archive[]
}

/**
 * What is offered; null where the platform offers nothing or cannot be asked: then people ask their administrator.
 * The signature is checked by the clients that are installed already; a newcomer compares the digest.
 */
export async function offeredClient(agent: string = navigator.userAgent): Promise<Offered | null> {
  try {
    const answer = await fetch('/.well-known/yunqian-client', { credentials: 'omit' })
    if (!answer.ok) return null
    const release = JSON.parse(((await answer.json()) as SignedRelease).payload) as Release
    const mine = release.archives.find((archive) => archive.system === systemOf(agent)) ?? null
    return { version: release.version, mine, others: release.archives.filter((archive) => archive !== mine) }
  } catch {
    return null
  }
}

export const downloadOf = (archive: Archive) => `/downloads/client/${encodeURIComponent(archive.name)}`

/** Whose installation steps are shown first. The browsers of 统信 and 麒麟 say so in their user agent line, not always. */
export type Desktop = 'windows' | 'uos' | 'kylin' | 'linux'
export const DESKTOPS = ['windows', 'uos', 'kylin', 'linux'] as const

export function desktopOf(agent: string = navigator.userAgent): Desktop {
  if (/Windows/.test(agent)) return 'windows'
  if (/\bUOS\b/i.test(agent)) return 'uos'
  return /Kylin/i.test(agent) ? 'kylin' : 'linux'
}

function systemOf(agent: string): Archive['system'] | null {
  if (/Windows/.test(agent)) return 'windows'
  return /Linux|X11/.test(agent) && !/Android/.test(agent) ? 'linux' : null
}
