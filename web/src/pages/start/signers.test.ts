import { expect, test } from 'vitest'
import { first, ofContact, ofPerson, ofPhone, wanted } from './signers'

const li = ofPerson({ id: 'p1', name: '李明', account: 'liming', department: '采购部' })
const wu = ofPhone(' 吴迪 ', '139 0000 1234')
const wang = ofContact({ id: 's1', name: '王芳', note: '政务中心', used_at: '2026-11-01T00:00:00Z' })

test('each is told by account, as a contact, or by name and number', () => {
  expect(wanted([li, wang, wu], 'together')).toEqual([
    { account: 'liming', turn: 1 },
    { contact_id: 's1', turn: 1 },
    { mobile: '139 0000 1234', name: '吴迪', turn: 1 },
  ])
})

test('in turn everybody waits for the one before, and a copy takes no turn', () => {
  expect(wanted([li, { ...wang, is_copy: true }, wu], 'in_turn').map((one) => one.turn)).toEqual([1, undefined, 2])
})

test('who seals for the company comes after all people', () => {
  expect(wanted([{ ...li, is_company: true }, wang, wu], 'personal_first').map((one) => one.turn)).toEqual([2, 1, 1])
})

test('the first are those whom the others wait for', () => {
  const seals = { ...li, is_company: true }
  expect(first([seals, wang, wu], 'personal_first')).toEqual([wang, wu])
  expect(first([li, wang], 'in_turn')).toEqual([li])
  expect(first([{ ...li, is_copy: true }, wang], 'together')).toEqual([wang])
  expect(first([], 'together')).toEqual([])
})
