/**
 * 骑缝章: which part of a seal lies on which page; twin of yunqian/engine/paging.py, same vectors.
 * The parts are those that a pile of sheets shows when it is fanned out: over the right and the bottom edge the
 * first page has the left or upper part, over the left and the top edge the last page has it.
 */
import type { Edge, PageBox } from '@/api/schema'
import { POINTS_PER_MM, visibleSize, type VisibleBox } from './geometry'

/** Pages over which one seal is cut at most; narrower strips say nothing. */
export const MAX_STRIPS = 20

export interface PagingLayout {
  edge: Edge
  /** Where the seal's middle lies along the edge: 0 top or left, 1 bottom or right. */
  along: number
  /** Pages over which one seal is cut; null: as few and as equal groups as can be. */
  groupSize: number | null
  skipped: readonly number[]
}

export interface Strip {
  page: number
  /** What is seen, in CSS pixels of scale 1 from the top-left corner of the shown page. */
  box: VisibleBox
  /** The whole seal around it, partly beyond the edge. */
  whole: VisibleBox
}

interface Size {
  width_mm: number
  height_mm: number
}

/** The pages that get a strip. */
export function stripped(layout: PagingLayout, pages: readonly PageBox[]): PageBox[] {
  return pages.filter((page) => !layout.skipped.includes(page.number))
}

/** How many pages each seal is cut over; never one alone. */
export function groups(pageCount: number, groupSize: number | null): number[] {
  if (groupSize === null) {
    const count = Math.ceil(pageCount / MAX_STRIPS)
    return Array.from({ length: count }, (_, place) => Math.floor(pageCount / count) + (place < pageCount % count ? 1 : 0))
  }
  const left = pageCount % groupSize
  const sizes = [...Array<number>(Math.floor(pageCount / groupSize)).fill(groupSize), ...(left ? [left] : [])]
  if (sizes.at(-1) !== 1 || sizes.length < 2) return sizes
  return [...sizes.slice(0, -2), ...(groupSize > 2 ? [groupSize - 1, 2] : [groupSize + 1])]
}

/** Every strip of a paging seal; none where fewer than two pages are left. */
export function strips(layout: PagingLayout, seal: Size, pages: readonly PageBox[]): Strip[] {
  const shown = stripped(layout, pages)
  if (shown.length < 2) return []
  const parts = groups(shown.length, layout.groupSize).flatMap((size) =>
    Array.from({ length: size }, (_, place) => {
      const [start, end] = [place / size, (place + 1) / size]
      return layout.edge === 'left' || layout.edge === 'top' ? { start: 1 - end, end: 1 - start } : { start, end }
    }),
  )
  return shown.map((page, place) => strip(layout, seal, page, parts[place] ?? { start: 0, end: 1 }))
}

function strip(layout: PagingLayout, seal: Size, page: PageBox, part: { start: number; end: number }): Strip {
  const room = visibleSize(page, 1)
  const [width, height] = [seal.width_mm * POINTS_PER_MM, seal.height_mm * POINTS_PER_MM]
  const isUpright = layout.edge === 'right' || layout.edge === 'left'
  const length = isUpright ? height : width
  const depth = (part.end - part.start) * (isUpright ? width : height)
  const side = isUpright ? room.height : room.width
  const at = Math.min(Math.max(layout.along * side - length / 2, 0), side - length)
  const [shown, whole] = {
    right: [room.width - depth, room.width - part.end * width],
    left: [0, -part.start * width],
    bottom: [room.height - depth, room.height - part.end * height],
    top: [0, -part.start * height],
  }[layout.edge] as [number, number]
  const place = (across: number, sizes: { width: number; height: number }) =>
    isUpright ? { left: across, top: at, ...sizes } : { left: at, top: across, ...sizes }
  return {
    page: page.number,
    box: place(shown, isUpright ? { width: depth, height: length } : { width: length, height: depth }),
    whole: place(whole, { width, height }),
  }
}
