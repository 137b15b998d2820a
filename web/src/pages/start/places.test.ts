import { expect, test } from 'vitest'
import type { PageBox, Upload } from '@/api/schema'
import { boxAt, corner, placesKept, placesWanted, type Proposed } from './places'
import { ofPerson } from './signers'

const page = (rotation: number): PageBox => ({ number: 1, crop_x_pt: 0, crop_y_pt: 0, crop_width_pt: 595, crop_height_pt: 842, rotation })
const uploads = [{ id: 'u1' }, { id: 'u2' }] as Upload[]
const li = ofPerson({ id: 'p1', name: '李明', account: 'liming' })
const wang = ofPerson({ id: 'p2', name: '王芳', account: 'wangfang' })
const place: Proposed = { uploadId: 'u2', signerId: 'p2', kind: 'seal', page: 1, box: { x_pt: 1, y_pt: 2, width_pt: 3, height_pt: 4 } }

test.each([0, 90, 180, 270])('a place stays on a page turned by %i', (rotation) => {
  for (const box of [boxAt(page(rotation), 'seal', { left: -50, top: 9999 }), corner(page(rotation), 'date')]) {
    expect(Math.min(box.x_pt, box.y_pt)).toBeGreaterThanOrEqual(0)
    expect([box.x_pt + box.width_pt <= 595.001, box.y_pt + box.height_pt <= 842.001]).toEqual([true, true])
  }
})

test('places are told by where document and signer stand, and come back from a draft', () => {
  const wanted = placesWanted([place], uploads, [li, wang])
  expect(wanted).toEqual([{ document: 1, recipient: 1, kind: 'seal', page: 1, x_pt: 1, y_pt: 2, width_pt: 3, height_pt: 4 }])
  expect(placesKept(wanted, uploads, [li, wang])).toEqual([place])
})

test('a place of somebody who was removed, or only gets a copy, is not sent', () => {
  expect(placesWanted([place], uploads, [li])).toEqual([])
  expect(placesWanted([place], uploads, [li, { ...wang, is_copy: true }])).toEqual([])
  expect(placesWanted([place], [], [li, wang])).toEqual([])
})
