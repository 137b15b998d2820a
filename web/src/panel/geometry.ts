/**
 * Page points and CSS pixels; twin of yunqian/engine/geometry.py, same vectors.
 * User space has its origin bottom-left and never turns; the browser measures the crop box, turned clockwise by
 * the page's rotation and enlarged by its user unit, from the top-left.
 */
import type { PageBox } from '@/api/schema'

export const POINTS_PER_MM = 72 / 25.4

export interface Box {
  x_pt: number
  y_pt: number
  width_pt: number
  height_pt: number
}

export interface VisibleBox {
  left: number
  top: number
  width: number
  height: number
}

const unitOf = (page: PageBox) => page.user_unit ?? 1
const isSideways = (page: PageBox) => page.rotation === 90 || page.rotation === 270

/** Millimetres on paper as points of this page. */
export const mmToPt = (mm: number, page: PageBox) => (mm * POINTS_PER_MM) / unitOf(page)

/** Size of the shown page in CSS pixels; at scale 1 a point is a pixel. */
export function visibleSize(page: PageBox, scale: number): { width: number; height: number } {
  const zoom = scale * unitOf(page)
  const [width, height] = [page.crop_width_pt * zoom, page.crop_height_pt * zoom]
  return isSideways(page) ? { width: height, height: width } : { width, height }
}

/** A page point as CSS pixels from the top-left corner of the shown page. */
export function toVisible(page: PageBox, x: number, y: number, scale: number): { left: number; top: number } {
  const across = x - page.crop_x_pt
  const up = y - page.crop_y_pt
  const { crop_width_pt: width, crop_height_pt: height } = page
  const zoom = scale * unitOf(page)
  const at = (left: number, top: number) => ({ left: left * zoom, top: top * zoom })
  if (page.rotation === 90) return at(up, across)
  if (page.rotation === 180) return at(width - across, up)
  if (page.rotation === 270) return at(height - up, width - across)
  return at(across, height - up)
}

/** CSS pixels from the top-left corner of the shown page as a page point. */
export function toPage(page: PageBox, left: number, top: number, scale: number): { x: number; y: number } {
  const zoom = scale * unitOf(page)
  const [across, down] = [left / zoom, top / zoom]
  const { crop_width_pt: width, crop_height_pt: height } = page
  const at = (x: number, y: number) => ({ x: page.crop_x_pt + x, y: page.crop_y_pt + y })
  if (page.rotation === 90) return at(down, across)
  if (page.rotation === 180) return at(width - across, down)
  if (page.rotation === 270) return at(width - down, height - across)
  return at(across, height - down)
}

/** What stands on the screen as a box on the unrotated page. */
export function boxToPage(page: PageBox, box: VisibleBox, scale: number): Box {
  const one = toPage(page, box.left, box.top, scale)
  const two = toPage(page, box.left + box.width, box.top + box.height, scale)
  return {
    x_pt: Math.min(one.x, two.x),
    y_pt: Math.min(one.y, two.y),
    width_pt: Math.abs(one.x - two.x),
    height_pt: Math.abs(one.y - two.y),
  }
}

/** A box on the unrotated page as it is shown. */
export function boxToVisible(page: PageBox, box: Box, scale: number): VisibleBox {
  const one = toVisible(page, box.x_pt, box.y_pt, scale)
  const two = toVisible(page, box.x_pt + box.width_pt, box.y_pt + box.height_pt, scale)
  return {
    left: Math.min(one.left, two.left),
    top: Math.min(one.top, two.top),
    width: Math.abs(one.left - two.left),
    height: Math.abs(one.top - two.top),
  }
}

/** A visible box at another scale. */
export function scaled(box: VisibleBox, scale: number): VisibleBox {
  return { left: box.left * scale, top: box.top * scale, width: box.width * scale, height: box.height * scale }
}

/** A visible box as a style, measured from the corner of the page, or of another box. */
export function styleOf(box: VisibleBox, from: { left: number; top: number } = { left: 0, top: 0 }): Record<string, string> {
  return { left: `${box.left - from.left}px`, top: `${box.top - from.top}px`, width: `${box.width}px`, height: `${box.height}px` }
}

/** The nearest place where the whole box lies on the shown page. */
export function kept(page: PageBox, box: VisibleBox, scale: number): VisibleBox {
  const size = visibleSize(page, scale)
  const into = (at: number, length: number, room: number) => Math.max(0, Math.min(at, room - length))
  return {
    ...box,
    left: into(box.left, box.width, size.width),
    top: into(box.top, box.height, size.height),
  }
}
