/** A date as it is written on contracts, in three forms. */

export const DATE_FORMS = ['zh', 'iso', 'numerals'] as const
export type DateForm = (typeof DATE_FORMS)[number]

const DIGITS = '〇一二三四五六七八九'

/** 11 → 十一, 22 → 二十二; months and days only. */
function counted(number: number): string {
  const [tens, ones] = [Math.floor(number / 10), number % 10]
  const ten = tens === 0 ? '' : tens === 1 ? '十' : `${DIGITS[tens]}十`
  return ten + (ones || !tens ? (DIGITS[ones] ?? '') : '')
}

/** From the platform's date, 2026年11月22日. */
export function dated(today: string, form: DateForm): string {
  const [year, month, day] = (today.match(/\d+/g) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined) return today
  if (form === 'iso') return [year, String(month).padStart(2, '0'), String(day).padStart(2, '0')].join('-')
  if (form === 'numerals') return `${[...String(year)].map((digit) => DIGITS[Number(digit)]).join('')}年${counted(month)}月${counted(day)}日`
  return today
}
