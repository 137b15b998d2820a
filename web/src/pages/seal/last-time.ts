/**
 * How somebody placed his marks last in this browser: offered for the next document, so that the same two seals at the
 * same places take one click. Notes are words of their own document and are not kept. A convenience and no record; what
 * is placed can be moved or taken back before anything is signed.
 */
import type { PageBox, SealChoice } from '@/api/schema'
import { DATE_FORMS, dated, type DateForm } from '@/panel/dates'
import { boxToVisible } from '@/panel/geometry'
import { isPaging, type Mark, type Marks } from '@/panel/marks'
import type { PagingLayout } from '@/panel/paging'
import { remember, remembered } from '@/parts/remembered'

const STORED = 'yunqian.last-time'
const LAST_PAGE = -1
const MOST = 40

interface Sealed {
  certificateSha256: string
  sealId: string
}

interface Middle {
  /** From 1; -1 is the last page, whatever its number. */
  page: number
  left: number
  top: number
}

type Once = (Sealed & Middle & { kind: 'seal' }) | (Middle & { kind: 'date'; certificateSha256: string; form: DateForm }) | (Sealed & { kind: 'paging'; layout: PagingLayout })
export type LastTime = readonly Once[]

/** A seal that can be applied now, and the certificate that applies it. */
export interface Usable {
  certificateSha256: string
  seal: SealChoice
}

/** The marks as they can be placed again on a document with other pages. */
export function arranged(marks: readonly Mark[], pages: readonly PageBox[], today: string): LastTime {
  return marks.flatMap((mark): Once[] => {
    const { certificateSha256 } = mark
    if (isPaging(mark)) return [{ kind: 'paging', certificateSha256, sealId: mark.seal.id, layout: mark.layout }]
    const page = pages.find((one) => one.number === mark.page)
    if (!page) return []
    const box = boxToVisible(page, mark.box, 1)
    const middle = { page: mark.page === pages.length ? LAST_PAGE : mark.page, left: box.left + box.width / 2, top: box.top + box.height / 2 }
    if (mark.seal) return [{ kind: 'seal', certificateSha256, sealId: mark.seal.id, ...middle }]
    const form = DATE_FORMS.find((one) => dated(today, one) === mark.text)
    return mark.kind === 'date' && form ? [{ kind: 'date', certificateSha256, form, ...middle }] : []
  })
}

/** Whether all of it can stand here: the pages are there, and each seal may be applied with a key that is plugged in. */
export function isPossible(last: LastTime, pages: readonly PageBox[], usable: readonly Usable[]): boolean {
  return (
    last.length > 0 &&
    last.every((one) => {
      const isHere = one.kind === 'paging' ? pages.length > 1 : pageOf(one, pages) !== undefined
      return isHere && (one.kind === 'date' ? usable.some((other) => other.certificateSha256 === one.certificateSha256) : sealOf(one, usable) !== undefined)
    })
  )
}

/** Place all of it; undone in one step. */
export function placeAgain(last: LastTime, marks: Marks, shown: { pages: readonly PageBox[]; usable: readonly Usable[]; today: string }): void {
  marks.together(() => {
    for (const one of last) {
      if (one.kind === 'paging') {
        const seal = sealOf(one, shown.usable)
        if (seal) marks.placePaging(seal, one.certificateSha256, one.layout.along, one.layout)
        continue
      }
      const page = pageOf(one, shown.pages)
      if (page === undefined) continue
      const seal = one.kind === 'seal' ? sealOf(one, shown.usable) : null
      if (seal) marks.placeSeal(seal, one.certificateSha256, page, one)
      else if (one.kind === 'date') marks.placeDate(dated(shown.today, one.form), one.certificateSha256, page, one)
    }
  })
}

/** Null where nothing is kept, or the browser keeps nothing. */
export const lastTime = (personId: string) => remembered(`${STORED}.${personId}`, (kept): kept is LastTime => Array.isArray(kept) && kept.every(isOnce))

/** Keep it in place of what was kept before; marks by the dozen are of one document and no habit. */
export function rememberTime(personId: string, last: LastTime): void {
  if (last.length && last.length <= MOST) remember(`${STORED}.${personId}`, last)
}

const pageOf = (one: Middle, pages: readonly PageBox[]) => (one.page === LAST_PAGE ? pages.at(-1) : pages.find((page) => page.number === one.page))?.number

const sealOf = (one: Sealed, usable: readonly Usable[]) => usable.find((other) => other.certificateSha256 === one.certificateSha256 && other.seal.id === one.sealId)?.seal

function isOnce(value: unknown): value is Once {
  if (typeof value !== 'object' || value === null) return false
  const one = value as Record<string, unknown>
  if (typeof one['certificateSha256'] !== 'string') return false
  const isPlaced = ['page', 'left', 'top'].every((name) => Number.isFinite(one[name]))
  if (one['kind'] === 'date') return isPlaced && DATE_FORMS.includes(one['form'] as DateForm)
  if (typeof one['sealId'] !== 'string') return false
  return one['kind'] === 'seal' ? isPlaced : one['kind'] === 'paging' && isLayout(one['layout'])
}

function isLayout(value: unknown): value is PagingLayout {
  if (typeof value !== 'object' || value === null) return false
  const layout = value as Record<string, unknown>
  const isShare = (share: unknown) => share === null || Number.isFinite(share)
  return (
    ['right', 'left', 'top', 'bottom'].includes(layout['edge'] as string) &&
    Number.isFinite(layout['along']) &&
    ['groupSize', 'firstShare', 'lastShare'].every((name) => isShare(layout[name])) &&
    Array.isArray(layout['skipped']) &&
    layout['skipped'].every(Number.isInteger)
  )
}
