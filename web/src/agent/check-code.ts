/** The short code that the person compares between page and security client; twin of wire/orders.check_code. */
export async function checkCode(toBeSigned: string): Promise<string> {
  return shortCode(bytesOf(toBeSigned))
}

/** The one code for a whole list of documents, in their order; twin of wire/batch_orders.batch_code. */
export async function batchCode(toBeSigned: readonly string[]): Promise<string> {
  const digests = await Promise.all(toBeSigned.map((one) => sha256(bytesOf(one))))
  const parts = [new TextEncoder().encode('yunqian.batch.v1\n'), ...digests]
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return shortCode(whole)
}

async function shortCode(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await sha256(content)
  const head = Array.from(digest.slice(0, 6), (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('')
  return [head.slice(0, 4), head.slice(4, 8), head.slice(8)].join('-')
}

async function sha256(content: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', content))
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
