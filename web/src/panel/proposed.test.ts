import { expect, test } from 'vitest'
import type { ProposedPlace } from '@/api/schema'
import type { BoxMark } from './marks'
import { emptyPlaces } from './proposed'

const place = (changes: Partial<ProposedPlace> = {}): ProposedPlace => ({ id: 'p', kind: 'seal', page: 2, x_pt: 100, y_pt: 100, width_pt: 120, height_pt: 120, ...changes })
const mark = (changes: Partial<BoxMark> = {}): BoxMark => ({ id: 1, certificateSha256: 'a', kind: 'seal', page: 2, box: { x_pt: 110, y_pt: 110, width_pt: 113, height_pt: 113 }, seal: null, text: null, ...changes })

test('a place is filled by a mark of its kind whose middle lies in it', () => {
  expect(emptyPlaces([place()], [])).toHaveLength(1)
  expect(emptyPlaces([place()], [mark()])).toEqual([])
})

test.each([
  ['beside it', mark({ box: { x_pt: 300, y_pt: 110, width_pt: 113, height_pt: 113 } })],
  ['on another page', mark({ page: 1 })],
  ['of another kind', mark({ kind: 'date' })],
])('a mark %s does not fill it', (_, one) => {
  expect(emptyPlaces([place()], [one])).toHaveLength(1)
})
