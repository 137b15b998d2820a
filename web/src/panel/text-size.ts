/** How much room words take on the paper, before the engine has written them. */
export const NOTE_SIZE_PT = 10.5
export const NOTE_LEADING = 1.35
const NOTE_WIDEST_PT = 260
const NOTE_ENDS = 0.12

/** A note on lines of its own, as large as it is written: 10.5 pt (五号), at most half a page wide. */
export function noteSize(text: string): { width: number; height: number } {
  const lines = text.split('\n').map((line) => Math.max(1, widthEm(line)) * NOTE_SIZE_PT)
  const width = Math.min(NOTE_WIDEST_PT, Math.max(...lines)) + 2 * NOTE_SIZE_PT
  const rows = lines.reduce((sum, line) => sum + Math.ceil(line / (width - NOTE_SIZE_PT)), 0)
  return { width, height: (rows * NOTE_LEADING + NOTE_ENDS) * NOTE_SIZE_PT }
}

/** Width of a date when the em is 1: Chinese characters are as wide as high, digits about half of it. */
export function widthEm(text: string): number {
  return [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 1 : 0.56), 0)
}
