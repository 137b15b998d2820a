/**
 * 骑缝章: which part of a seal lies on which page; twin of yunqian/engine/paging.py, same vectors.
 * The parts are those that a pile of sheets shows when it is fanned out: over the right and the bottom edge the
 * first page has the left or upper part, over the left and the top edge the last page has it.
 */
import type { Edge, PageBox, PagingPlacement } from '@/api/schema'
import { POINTS_PER_MM, visibleSize, type VisibleBox } from './geometry'

/** Pages over which one seal is cut at most; narrower strips say nothing. */
export const MAX_STRIPS = 20
/** The least part of a seal that a page may have. */
export const MIN_SHARE = 0.01

export interface PagingLayout {
  edge: Edge
  /** Where the seal's middle lies along the edge: 0 top or left, 1 bottom or right. */
  along: number
  /** Pages over which one seal is cut; null: as few and as equal groups as can be. */
  groupSize: number | null
  /** The parts of the seal, between 0 and 1, on the first and the last page of each group; null: as the other pages. */
  firstShare: number | null
  lastShare: number | null
  skipped: readonly number[]
}

export interface Strip {
  page: number
  /** What is seen, in CSS pixels of scale 1 from the top-left corner of the shown page. */
  box: VisibleBox
  /** The whole seal around it, partly beyond the edge. */
  whole: VisibleBox
}

interface Part {
  start: number
  end: number
}

interface Size {
  width_mm: number
  height_mm: number
}

/** How a paging seal lies that was laid out before. */
export function layoutOf(placed: PagingPlacement): PagingLayout {
  const { edge = 'right', along, group_size = null, first_share = null, last_share = null, skipped = [] } = placed
  return { edge, along, groupSize: group_size, firstShare: first_share, lastShare: last_share, skipped }
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

/**
 * Which part of the seal each page of a group has; the sum is 1. On two pages a share of one decides the other's, and
 * two that do not make 1 together are taken as weights. Null where a page would be left with next to nothing.
 */
export function shares(count: number, first: number | null, last: number | null): number[] | null {
  if (count === 2 && first !== null && last !== null) return shares(2, first / (first + last || 1), null)
  const given = new Map<number, number>()
  if (first !== null) given.set(0, first)
  if (last !== null) given.set(count - 1, last)
  const rest = (1 - [...given.values()].reduce((sum, share) => sum + share, 0)) / Math.max(count - given.size, 1)
  const found = Array.from({ length: count }, (_, place) => given.get(place) ?? rest)
  return found.every((share) => share >= MIN_SHARE) ? found : null
}

/** From where to where each page's part reaches, 0 being the seal's left or upper side. */
function partsOf(sizes: readonly number[], edge: Edge): Part[] {
  const isTurned = edge === 'left' || edge === 'top'
  let start = 0
  return sizes.map((size, place) => {
    const end = place === sizes.length - 1 ? 1 : start + size
    const part = isTurned ? { start: 1 - end, end: 1 - start } : { start, end }
    start = end
    return part
  })
}

/** Every strip of a paging seal; none where fewer than two pages are left, or a page would have next to nothing. */
export function strips(layout: PagingLayout, seal: Size, pages: readonly PageBox[]): Strip[] {
  const shown = stripped(layout, pages)
  if (shown.length < 2) return []
  const sizes = groups(shown.length, layout.groupSize).map((size) => shares(size, layout.firstShare, layout.lastShare))
  if (!sizes.every((one) => one !== null)) return []
  const parts = sizes.flatMap((one) => partsOf(one, layout.edge))
  return shown.map((page, place) => strip(layout, seal, page, parts[place] ?? { start: 0, end: 1 }))
}

function strip(layout: PagingLayout, seal: Size, page: PageBox, part: Part): Strip {
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
