import { expect, test } from 'vitest'
import { daysLeft, lasting } from './validity'

const NOW = Date.parse('2026-11-23T12:00:00Z')

test('what ends within sixty days is told before it does', () => {
  expect(lasting('2026-01-01T00:00:00Z', '2027-06-01T00:00:00Z', NOW)).toBe('good')
  expect(lasting('2026-01-01T00:00:00Z', '2026-12-24T00:00:00Z', NOW)).toBe('soon')
  expect(lasting('2026-01-01T00:00:00Z', '2026-11-23T11:00:00Z', NOW)).toBe('over')
  expect(lasting('2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z', NOW)).toBe('not_yet')
})

test('the last day counts as one', () => {
  expect(daysLeft('2026-11-23T13:00:00Z', NOW)).toBe(1)
})
