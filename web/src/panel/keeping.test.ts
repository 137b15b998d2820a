import { beforeEach, expect, test } from 'vitest'
import type { SealChoice } from '@/api/schema'
import { keep, restored } from './keeping'
import type { Mark } from './marks'

const seal = { id: 's1', name: '公章', picture_png: 'AAAA' } as SealChoice
const marks = [
  { id: 1, kind: 'seal', page: 2, box: { x_pt: 1, y_pt: 2, width_pt: 3, height_pt: 4 }, certificateSha256: 'c', seal, text: null },
  { id: 2, kind: 'date', page: 2, box: { x_pt: 1, y_pt: 2, width_pt: 3, height_pt: 4 }, certificateSha256: 'c', seal: null, text: '2026-11-22' },
] as unknown as Mark[]

beforeEach(() => sessionStorage.clear())

test('marks come back with the seals as they are now, and no picture is stored', () => {
  keep('e', 'd', 'h', marks)
  expect(sessionStorage.getItem('yunqian.marks.e.d.h')).not.toContain('AAAA')
  expect(restored('e', 'd', 'h', [seal])).toEqual(marks)
})

test('a mark whose seal may no longer be applied does not come back', () => {
  keep('e', 'd', 'h', marks)
  expect(restored('e', 'd', 'h', []).map((mark) => mark.kind)).toEqual(['date'])
})

test('marks of another revision are not this one’s, and none is kept of nothing', () => {
  keep('e', 'd', 'h', marks)
  expect(restored('e', 'd', 'other', [seal])).toEqual([])
  keep('e', 'd', 'h', [])
  expect(sessionStorage).toHaveLength(0)
})

test('what cannot be read is as if it were not there', () => {
  sessionStorage.setItem('yunqian.marks.e.d.h', '{')
  expect(restored('e', 'd', 'h', [seal])).toEqual([])
})
