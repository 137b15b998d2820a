import { expect, test } from 'vitest'
import vectors from '../../../tests/vectors/paging.json'
import type { VisibleBox } from './geometry'
import { groups, layoutOf, shares, strips, type PagingLayout } from './paging'

const near = (got: VisibleBox | undefined, wanted: VisibleBox) => {
  for (const side of ['left', 'top', 'width', 'height'] as const) expect(got?.[side]).toBeCloseTo(wanted[side], 3)
}

test.each(vectors.groups)('$pages pages, $size to a seal', ({ pages, size, groups: wanted }) => {
  expect(groups(pages, size)).toEqual(wanted)
})

test.each(vectors.shares)('$pages pages, $first first, $last last', ({ pages, first, last, shares: wanted }) => {
  const found = shares(pages, first, last)
  if (wanted === null) expect(found).toBeNull()
  else wanted.forEach((share, place) => expect(found?.[place]).toBeCloseTo(share, 5))
})

test.each(vectors.cases)('$name', ({ pages, width_mm, height_mm, layout, strips: wanted }) => {
  const found = strips(layout as PagingLayout, { width_mm, height_mm }, pages)
  expect(found.map((one) => one.page)).toEqual(wanted.map((one) => one.page))
  wanted.forEach((one, place) => {
    near(found[place]?.box, one.box)
    near(found[place]?.whole, one.whole)
  })
})

test('what a placement leaves out lies as a new paging seal does', () => {
  const placed = { kind: 'paging', certificate_sha256: 'a', seal_id: 's', along: 0.5 } as const
  expect(layoutOf(placed)).toEqual({ edge: 'right', along: 0.5, groupSize: null, firstShare: null, lastShare: null, skipped: [] })
  expect(layoutOf({ ...placed, edge: 'top', group_size: 3, first_share: 0.4, last_share: 0.2, skipped: [2] })).toEqual({
    edge: 'top',
    along: 0.5,
    groupSize: 3,
    firstShare: 0.4,
    lastShare: 0.2,
    skipped: [2],
  })
})
