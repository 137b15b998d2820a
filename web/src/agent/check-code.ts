/** The short code that the person compares between page and security client; twin of wire/orders.check_code. */
export async function checkCode(toBeSigned: string): Promise<string> {
  const bytes = Uint8Array.from(atob(toBeSigned), (character) => character.charCodeAt(0))
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const head = Array.from(digest.slice(0, 6), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')
  return [head.slice(0, 4), head.slice(4, 8), head.slice(8)].join('-')
}
