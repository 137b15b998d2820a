/** Where a dragged mark falls into line: the middle of the page, and edges and middles of the other marks. */
import type { VisibleBox } from './geometry'

export interface Snapped {
  left: number
  top: number
  /** Lines to show, in pixels of the page: across it at this height, and down it at this width. */
  across: number | null
  down: number | null
}

interface Line {
  at: number
  shift: number
}

/** The nearest line within reach of the start, the middle or the end of a stretch. */
function nearest(start: number, length: number, lines: readonly number[], reach: number): Line | null {
  let found: Line | null = null
  for (const at of lines) {
    for (const place of [start, start + length / 2, start + length]) {
      const shift = at - place
      if (Math.abs(shift) <= reach && (!found || Math.abs(shift) < Math.abs(found.shift))) found = { at, shift }
    }
  }
  return found
}

const stops = (start: number, length: number) => [start, start + length / 2, start + length]

/** All in pixels of the shown page; `reach` is how near is near enough. */
export function snapped(box: VisibleBox, others: readonly VisibleBox[], page: { width: number; height: number }, reach: number): Snapped {
  const downLines = [page.width / 2, ...others.flatMap((one) => stops(one.left, one.width))]
  const acrossLines = [page.height / 2, ...others.flatMap((one) => stops(one.top, one.height))]
  const down = nearest(box.left, box.width, downLines, reach)
  const across = nearest(box.top, box.height, acrossLines, reach)
  return { left: box.left + (down?.shift ?? 0), top: box.top + (across?.shift ?? 0), across: across?.at ?? null, down: down?.at ?? null }
}
