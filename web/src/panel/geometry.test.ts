import { expect, test } from 'vitest'
import vectors from '../../../tests/vectors/geometry.json'
import { boxToPage, boxToVisible, kept, POINTS_PER_MM, toPage, toVisible, visibleSize } from './geometry'

const near = (got: number, wanted: number) => expect(Math.abs(got - wanted)).toBeLessThan(1e-4)

test('a millimetre has the same points as in the engine', () => near(POINTS_PER_MM, vectors.points_per_mm))

test.each(vectors.cases)('$name', ({ page, scale, visible_size, points, box }) => {
  const size = visibleSize(page, scale)
  near(size.width, visible_size.width)
  near(size.height, visible_size.height)
  for (const point of points) {
    const [x = NaN, y = NaN] = point.page
    const [left = NaN, top = NaN] = point.visible
    const shown = toVisible(page, x, y, scale)
    near(shown.left, left)
    near(shown.top, top)
    const back = toPage(page, left, top, scale)
    near(back.x, x)
    near(back.y, y)
  }
  const shown = boxToVisible(page, box.page, scale)
  near(shown.left, box.visible.left)
  near(shown.top, box.visible.top)
  near(shown.width, box.visible.width)
  near(shown.height, box.visible.height)
  const back = boxToPage(page, box.visible, scale)
  near(back.x_pt, box.page.x_pt)
  near(back.y_pt, box.page.y_pt)
})

test('a mark that was dragged over the edge is put back onto the page', () => {
  const page = { number: 1, crop_x_pt: 0, crop_y_pt: 0, crop_width_pt: 200, crop_height_pt: 300, rotation: 0 }
  const box = kept(page, { left: 190, top: -20, width: 50, height: 60 }, 1)
  expect(box).toEqual({ left: 150, top: 0, width: 50, height: 60 })
})
