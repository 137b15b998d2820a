/** A convenience that this browser remembers under a name. A browser that keeps nothing, or something else, is as one that was never used. */

/** Null where nothing is kept that `isKnown`. */
export function remembered<T>(name: string, isKnown: (value: unknown) => value is T): T | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(name) ?? 'null')
    return isKnown(kept) ? kept : null
  } catch {
    return null
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch {
    /* Next time it is as if nothing had been chosen. */
  }
}
