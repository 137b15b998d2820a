/** Marks in words: what they show, and the pages they stand on. */
import type { Mark } from './marks'

const SHORT = 20

/** A seal's name, a date, or the beginning of a note. */
export function nameOf(mark: Mark): string {
  const name = mark.seal?.name ?? (mark.kind === 'text' || mark.kind === 'date' ? (mark.text ?? '') : '')
  const line = name.replaceAll('\n', ' ')
  return line.length > SHORT ? `${line.slice(0, SHORT)}…` : line
}

/** Page numbers as people write them: 1–4, 7. */
export function pageRanges(pages: readonly number[]): string {
  const spans: [number, number][] = []
  for (const page of [...pages].sort((one, two) => one - two)) {
    const last = spans.at(-1)
    if (last && page <= last[1] + 1) last[1] = page
    else spans.push([page, page])
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}
