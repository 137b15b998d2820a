import { afterEach, expect, test } from 'vitest'
import { lastSeal, rememberSeal } from './last-seal'

afterEach(() => localStorage.clear())

test('each person is given back what he used last, and nobody else', () => {
  rememberSeal('li', { certificateSha256: 'aa', sealId: 'one' })
  rememberSeal('li', { certificateSha256: 'bb', sealId: 'two' })
  expect(lastSeal('li')).toEqual({ certificateSha256: 'bb', sealId: 'two' })
  expect(lastSeal('zhang')).toBeNull()
})

test.each(['', 'null', '{', '{"sealId":1}', '[]'])('what is not what was kept counts as nothing: %s', (kept) => {
  localStorage.setItem('yunqian.last-seal.li', kept)
  expect(lastSeal('li')).toBeNull()
})
