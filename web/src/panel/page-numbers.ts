/** Page numbers as people write them: 1-3, 5，8. */

/** In order, each once; null for what is no list of pages of this document. */
export function numbersOf(text: string, pageCount: number): number[] | null {
  const found = new Set<number>()
  for (const part of text.split(/[,，、\s]+/).filter(Boolean)) {
    const range = /^(\d+)(?:[-–—~至](\d+))?$/.exec(part)
    if (!range) return null
    const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])]
    if (first < 1 || last > pageCount || first > last) return null
    for (let number = first; number <= last; number++) found.add(number)
  }
  return [...found].sort((one, other) => one - other)
}
