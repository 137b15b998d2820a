import { beforeEach, expect, test } from 'vitest'
import type { PageBox, SealChoice } from '@/api/schema'
import { boxToVisible } from './geometry'
import { isPaging, useMarks, type Marks } from './marks'

const page = (rotation: number): PageBox => ({
  number: 1,
  crop_x_pt: 10,
  crop_y_pt: 20,
  crop_width_pt: 595,
  crop_height_pt: 842,
  rotation,
})
const seal: SealChoice = {
  id: 's',
  name: '合同专用章',
  kind: 'contract',
  owner_name: '示例',
  width_mm: 40,
  height_mm: 30,
  picture_png: '',
  certificate_sha256s: ['a'],
}
let marks: Marks

beforeEach(() => {
  marks = useMarks(() => [page(0)])
})

const first = () => {
  const mark = marks.marks.value[0]
  if (!mark || isPaging(mark)) throw new Error('no mark with a box')
  return mark
}

test.each([0, 90, 180, 270])('a seal keeps its true size and stands upright on a page turned by %i', (rotation) => {
  marks = useMarks(() => [page(rotation)])
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  const shown = boxToVisible(page(rotation), first().box, 1)
  expect(shown.width).toBeCloseTo((40 * 72) / 25.4, 3)
  expect(shown.height).toBeCloseTo((30 * 72) / 25.4, 3)
  expect(shown.left + shown.width / 2).toBeCloseTo(300, 3)
})

test('a mark can be undone, and a removed one comes back', () => {
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  marks.remove(first().id)
  expect(marks.marks.value).toHaveLength(0)
  marks.undo()
  expect(marks.marks.value).toHaveLength(1)
  marks.undo()
  expect(marks.marks.value).toHaveLength(0)
  expect(marks.canUndo.value).toBe(false)
})

test('keys sign in the order in which their first mark was placed', () => {
  marks.placeSeal(seal, 'b', 1, { left: 300, top: 400 })
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  marks.placeDate('2026年11月22日', 'b', 1, { left: 300, top: 500 })
  expect(marks.byKey.value.map((group) => group.certificateSha256)).toEqual(['b', 'a'])
  expect(marks.placements.value.map((one) => one.kind)).toEqual(['seal', 'date', 'seal'])
})

test('a date without a seal of the same key is told', () => {
  marks.placeDate('2026-11-22', 'b', 1, { left: 300, top: 500 })
  expect(marks.keysWithoutSeal.value).toEqual(['b'])
})

test('a nudge over the edge stops at the edge', () => {
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  marks.nudge(first().id, -10_000, 0)
  expect(boxToVisible(page(0), first().box, 1).left).toBeCloseTo(0, 6)
})

test('a paging seal alone lets a key sign, and its strips follow its layout', () => {
  marks = useMarks(() => [page(0), { ...page(0), number: 2 }])
  marks.placePaging(seal, 'a', 0.4)
  expect(marks.keysWithoutSeal.value).toEqual([])
  expect([...marks.stripsByPage.value.keys()]).toEqual([1, 2])
  const paging = marks.marks.value[0]
  marks.layOut(paging?.id ?? 0, { along: 7, firstShare: 0.4, skipped: [2] })
  expect(marks.stripsByPage.value.size).toBe(0)
  expect(marks.placements.value).toEqual([
    { kind: 'paging', certificate_sha256: 'a', seal_id: 's', edge: 'right', along: 1, group_size: null, first_share: 0.4, last_share: null, skipped: [2] },
  ])
})

test('a note is as high as its lines', () => {
  marks.placeText('一行', 'a', 1, { left: 300, top: 400 })
  const one = first().box.height_pt
  marks.clear()
  marks.placeText('一行\n两行\n三行', 'a', 1, { left: 300, top: 400 })
  expect(first().box.height_pt).toBeGreaterThan(2 * one)
  expect(first().text).toBe('一行\n两行\n三行')
})

const pages = () => [1, 2, 3].map((number) => ({ ...page(0), number }))

test('a seal is applied to further pages at the same place, once each, and taken back in one step', () => {
  marks = useMarks(pages)
  marks.placeSeal(seal, 'a', 2, { left: 300, top: 400 })
  marks.spread(first().id, [1, 2, 3])
  expect(marks.marks.value.map((mark) => (isPaging(mark) ? 0 : mark.page))).toEqual([2, 1, 3])
  marks.spread(first().id, [1, 2, 3])
  expect(marks.marks.value).toHaveLength(3)
  marks.undo()
  expect(marks.marks.value).toHaveLength(1)
})

test('what was undone can be done again, until something else is done', () => {
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  marks.undo()
  marks.redo()
  expect(marks.marks.value).toHaveLength(1)
  marks.undo()
  marks.placeDate('2026-11-22', 'a', 1, { left: 100, top: 100 })
  expect(marks.canRedo.value).toBe(false)
})

test('two seals over each other are told; a date under a seal is not', () => {
  marks.placeSeal(seal, 'a', 1, { left: 300, top: 400 })
  marks.placeDate('2026-11-22', 'a', 1, { left: 300, top: 400 })
  expect(marks.overlapping.value).toEqual([])
  marks.placeSeal(seal, 'b', 1, { left: 320, top: 410 })
  expect(marks.overlapping.value).toHaveLength(1)
})
