import { expect, test } from 'vitest'
import { numbersOf } from './page-numbers'

test.each([
  ['1-3, 5', [1, 2, 3, 5]],
  ['8，2、2', [2, 8]],
  ['3至4', [3, 4]],
  ['', []],
])('%s', (text, pages) => expect(numbersOf(text, 10)).toEqual(pages))

test.each(['0', '11', '5-3', 'all', '1..3', '-2', '99999999999'])('%s is no list of pages of ten', (text) => {
  expect(numbersOf(text, 10)).toBeNull()
})
