import { expect, test } from 'vitest'
import { asCode, isCode } from './code'

test('a code is read as people tell it', () => {
  expect(asCode('7kq2 4fwd xm6t')).toBe('7KQ2-4FWD-XM6T')
  expect(asCode(' 7KQ2-4FWD-XM6T ')).toBe('7KQ2-4FWD-XM6T')
})

test('base 32 has neither 0 nor 1: they are the letters they look like', () => {
  expect(asCode('0kq21fwdxm6t')).toBe('OKQ2-IFWD-XM6T')
})

test('only a whole code can be sent', () => {
  expect([isCode('7KQ2-4FWD-XM6'), isCode('7KQ2-4FWD-XM6T')]).toEqual([false, true])
})
