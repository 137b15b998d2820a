import { expect, test } from 'vitest'
import vectors from '../../../tests/vectors/check-code.json'
import { checkCode } from './check-code'

test.each(vectors.cases)('the code of $to_be_signed is $check_code', async ({ to_be_signed, check_code }) => {
  expect(await checkCode(to_be_signed)).toBe(check_code)
})
