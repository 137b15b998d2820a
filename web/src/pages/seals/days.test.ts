import { expect, test } from 'vitest'
import { dayAfter } from './days'

test('what ends on a day ends with it', () => {
  expect(dayAfter(new Date(2026, 10, 23, 15))).toEqual(new Date(2026, 10, 24))
})

test('the last day of a month is followed by the first of the next', () => {
  expect(dayAfter(new Date(2026, 11, 31))).toEqual(new Date(2027, 0, 1))
})
