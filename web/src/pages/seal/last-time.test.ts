import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PageBox, SealChoice } from '@/api/schema'
import { boxToVisible } from '@/panel/geometry'
import { isPaging, useMarks, type Marks } from '@/panel/marks'
import { arranged, isPossible, lastTime, placeAgain, rememberTime } from './last-time'

const page = (number: number): PageBox => ({ number, crop_x_pt: 0, crop_y_pt: 0, crop_width_pt: 595, crop_height_pt: 842, rotation: 0, user_unit: 1 })
const pages = (count: number) => Array.from({ length: count }, (_, place) => page(place + 1))
const seal = (id: string): SealChoice => ({ id, name: id, kind: 'official', owner_name: '甲', width_mm: 40, height_mm: 40, picture_png: '', certificate_sha256s: ['a', 'b'], needs_approval: false }) as SealChoice
const usable = [
  { certificateSha256: 'a', seal: seal('name') },
  { certificateSha256: 'b', seal: seal('official') },
]
const today = '2026年11月22日'
let marks: Marks

beforeEach(() => {
  marks = useMarks(() => pages(4))
  marks.placeSeal(seal('name'), 'a', 4, { left: 200, top: 600 })
  marks.placeDate('2026-11-22', 'a', 4, { left: 200, top: 700 })
  marks.placeText('同意', 'a', 1, { left: 100, top: 100 })
  marks.placeSeal(seal('official'), 'b', 2, { left: 400, top: 600 })
  marks.placePaging(seal('official'), 'b', 0.4)
})
afterEach(() => localStorage.clear())

test('two keys, a date and a paging seal come back on a longer document, in one step', () => {
  const last = arranged(marks.marks.value, pages(4), today)
  const next = useMarks(() => pages(7))
  expect(isPossible(last, pages(7), usable)).toBe(true)
  placeAgain(last, next, { pages: pages(7), usable, today: '2026年12月1日' })
  expect(next.marks.value.map((mark) => [mark.kind, mark.certificateSha256, isPaging(mark) ? 0 : mark.page])).toEqual([
    ['seal', 'a', 7],
    ['date', 'a', 7],
    ['seal', 'b', 2],
    ['paging', 'b', 0],
  ])
  expect(next.marks.value.map((mark) => (isPaging(mark) ? null : mark.text))).toEqual([null, '2026-12-01', null, null])
  const [first] = next.marks.value
  if (!first || isPaging(first)) throw new Error('no seal')
  const box = boxToVisible(page(7), first.box, 1)
  expect([box.left + box.width / 2, box.top + box.height / 2]).toEqual([expect.closeTo(200), expect.closeTo(600)])
  next.undo()
  expect(next.marks.value).toEqual([])
})

test.each([
  ['a page is missing', 1, usable],
  ['a key is not plugged in', 4, usable.slice(1)],
  ['the seal may not be applied any more', 4, [usable[0], { certificateSha256: 'b', seal: seal('other') }]],
])('it is not offered where %s', (_, count, now) => {
  expect(isPossible(arranged(marks.marks.value, pages(4), today), pages(count), now as typeof usable)).toBe(false)
})

test('each person is given back what he placed last, and nobody else; a note is not kept', () => {
  rememberTime('li', arranged(marks.marks.value, pages(4), today))
  expect(lastTime('li')?.map((one) => one.kind)).toEqual(['seal', 'date', 'seal', 'paging'])
  expect(localStorage.getItem('yunqian.last-time.li')).not.toContain('同意')
  expect(lastTime('zhang')).toBeNull()
})

test('marks by the dozen are no habit', () => {
  rememberTime('li', Array(11).fill(arranged(marks.marks.value, pages(4), today)).flat())
  expect(lastTime('li')).toBeNull()
})

test.each(['', 'null', '{', '{}', '[1]', '[{"kind":"seal","certificateSha256":"a","sealId":"s"}]', '[{"kind":"paging","certificateSha256":"a","sealId":"s","layout":{"edge":"middle"}}]', '[{"kind":"date","certificateSha256":"a","form":"roman","page":1,"left":1,"top":1}]'])(
  'what is not what was kept counts as nothing: %s',
  (kept) => {
    localStorage.setItem('yunqian.last-time.li', kept)
    expect(lastTime('li')).toBeNull()
  },
)
