/** Marks in words. */
import type { Mark } from './marks'

const SHORT = 20

/** A seal's name, a date, or the beginning of a note. */
export function nameOf(mark: Mark): string {
  const name = mark.seal?.name ?? (mark.kind === 'text' || mark.kind === 'date' ? (mark.text ?? '') : '')
  const line = name.replaceAll('\n', ' ')
  return line.length > SHORT ? `${line.slice(0, SHORT)}…` : line
}
