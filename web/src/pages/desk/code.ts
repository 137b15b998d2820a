/** The code of a request as it is told by telephone: any case, any separators (wire/key_orders.py unlock_code). */
const LETTERS = 12

export function asCode(typed: string): string {
  const letters = typed.toUpperCase().replace(/0/g, 'O').replace(/1/g, 'I').replace(/[^A-Z2-7]/g, '').slice(0, LETTERS)
  return (letters.match(/.{1,4}/g) ?? []).join('-')
}

export const isCode = (typed: string): boolean => asCode(typed).length === LETTERS + 2
