import { expect, test } from 'vitest'
import { dated } from './dates'

test.each([
  ['2026年11月22日', 'iso', '2026-11-22'],
  ['2026年1月2日', 'iso', '2026-01-02'],
  ['2026年11月22日', 'zh', '2026年11月22日'],
  ['2026年11月22日', 'numerals', '二〇二六年十一月二十二日'],
  ['2030年10月20日', 'numerals', '二〇三〇年十月二十日'],
  ['2026年1月10日', 'numerals', '二〇二六年一月十日'],
] as const)('%s as %s is %s', (today, form, written) => {
  expect(dated(today, form)).toBe(written)
})
