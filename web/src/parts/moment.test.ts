import { expect, test } from 'vitest'
import { day, pageRanges, size } from './moment'

test('a missing time is a dash, not an invalid date', () => expect(day(null, 'zh-CN')).toBe('—'))

test('sizes read as people say them', () => {
  expect(size(100)).toBe('1 KB')
  expect(size(2_097_152)).toBe('2.0 MB')
})

test('pages that follow each other are one range', () => {
  expect(pageRanges([7, 1, 2, 3, 4, 9, 10])).toBe('1–4, 7, 9–10')
  expect(pageRanges([])).toBe('')
})
