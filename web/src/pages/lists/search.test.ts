import { expect, test } from 'vitest'
import { NOTHING } from '@/api/lists'
import { fromAddress, isSame, parts, toAddress } from './search'

test('a search goes into the address and comes back as it was', () => {
  const search = { q: '采购 合同', initiator: '李', since: '2026-11-01', until: '2026-11-30', state: 'open' as const }
  expect(fromAddress(toAddress(search) as Record<string, string>)).toEqual(search)
})

test('nothing looked for leaves the address bare', () => {
  expect(toAddress({ ...NOTHING, q: '   ' })).toEqual({})
  expect(parts(NOTHING)).toEqual([])
})

test('what no search can mean is left out of an address that somebody wrote', () => {
  const odd = { q: ['a', 'b'], initiator: null, since: '2026-13-45', until: 'tomorrow', state: 'lost' }
  expect(fromAddress(odd)).toEqual(NOTHING)
  expect(fromAddress({ q: '合'.repeat(500) }).q).toHaveLength(200)
})

test('spaces at the ends make no other search', () => {
  expect(isSame({ ...NOTHING, q: '合同 ' }, { ...NOTHING, q: '合同' })).toBe(true)
  expect(isSame({ ...NOTHING, q: '合同' }, { ...NOTHING, initiator: '合同' })).toBe(false)
})
