import { expect, test } from 'vitest'
import { pageRanges } from './describe'

test('pages that follow each other are one range', () => {
  expect(pageRanges([7, 1, 2, 3, 4, 9, 10])).toBe('1–4, 7, 9–10')
  expect(pageRanges([])).toBe('')
})
