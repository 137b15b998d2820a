import { expect, test } from 'vitest'
import { day, size } from './moment'

test('a missing time is a dash, not an invalid date', () => expect(day(null, 'zh-CN')).toBe('—'))

test('sizes read as people say them', () => {
  expect(size(100)).toBe('1 KB')
  expect(size(2_097_152)).toBe('2.0 MB')
})
