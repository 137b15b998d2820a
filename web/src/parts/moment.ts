/** Times as people read them, in their own zone; sizes and page numbers likewise. */
export function moment(at: string | null | undefined, language: string): string {
  if (!at) return '—'
  return new Date(at).toLocaleString(language === 'en' ? 'en-GB' : 'zh-CN', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
}

export function day(at: string | null | undefined, language: string): string {
  if (!at) return '—'
  return new Date(at).toLocaleDateString(language === 'en' ? 'en-GB' : 'zh-CN')
}

/** A day in a sentence: 11月30日, 30 Nov; with its year where that is not the present one. */
export function shortDay(at: string, language: string): string {
  const when = new Date(at)
  const year = when.getFullYear() === new Date().getFullYear() ? {} : { year: 'numeric' as const }
  return when.toLocaleDateString(language === 'en' ? 'en-GB' : 'zh-CN', { ...year, month: language === 'en' ? 'short' : 'long', day: 'numeric' })
}

export function size(bytes: number): string {
  return bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`
}

/** Names or numbers in a row, with the comma of the language. */
export function joined(parts: readonly (string | number)[], language: string): string {
  return parts.join(language === 'en' ? ', ' : '、')
}

/** RSA, ECDSA or SM2: the family of a suite such as RSA_SHA256, as people name it. */
export function algorithm(suite: string): string {
  return suite.split('_')[0] ?? suite
}

/** Page numbers as people write them: 1–4, 7. */
export function pageRanges(pages: readonly number[]): string {
  const spans: [number, number][] = []
  for (const page of [...pages].sort((one, two) => one - two)) {
    const last = spans.at(-1)
    if (last && page <= last[1] + 1) last[1] = page
    else spans.push([page, page])
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ')
}
