/** The marks of one sealing session: placing, moving, removing, undoing, and what goes to the server. */
import { computed, ref } from 'vue'
import type { OpenCeremony, PageBox, SealChoice } from '@/api/schema'
import { boxToPage, boxToVisible, kept, mmToPt, type Box, type VisibleBox } from './geometry'
import { stripped, strips, type PagingLayout, type Strip } from './paging'
import { NOTE_SIZE_PT, noteSize, widthEm } from './text-size'

const DATE_SIZE_PT = 14
/** The engine's date fills this share of the height of its box with the em. */
export const DATE_FILL = 0.78
const UNDO_LIMIT = 100
/** A paging seal as it is placed first: equal parts over the right edge of all pages. */
const EVEN: Readonly<PagingLayout> = { edge: 'right', along: 0.5, groupSize: null, firstShare: null, lastShare: null, skipped: [] }

interface Placed {
  readonly id: number
  readonly certificateSha256: string
}

/** A seal, a date or a note on one page. */
export interface BoxMark extends Placed {
  readonly kind: 'seal' | 'date' | 'text'
  readonly page: number
  readonly box: Readonly<Box>
  readonly seal: SealChoice | null
  readonly text: string | null
}

/** 骑缝章: one seal cut over the edges of the pages. */
export interface PagingMark extends Placed {
  readonly kind: 'paging'
  readonly seal: SealChoice
  readonly layout: Readonly<PagingLayout>
}

export type Mark = BoxMark | PagingMark
type Fresh<M> = M extends Mark ? Omit<M, 'id'> : never

export const isPaging = (mark: Mark): mark is PagingMark => mark.kind === 'paging'

export interface MarksByKey {
  certificateSha256: string
  marks: Mark[]
}

let lastId = 0

/** Upright on the shown page: width and height change places where the page is turned sideways. */
function centred(page: PageBox, width: number, height: number, at: { left: number; top: number }): Box {
  const visible = { left: at.left - width / 2, top: at.top - height / 2, width, height }
  return boxToPage(page, kept(page, visible, 1), 1)
}

export function useMarks(pages: () => readonly PageBox[]) {
  const marks = ref<readonly Mark[]>([])
  const selectedId = ref<number | null>(null)
  const past = ref<(readonly Mark[])[]>([])
  const future = ref<(readonly Mark[])[]>([])

  const pageOf = (number: number) => pages().find((page) => page.number === number)

  function change(next: readonly Mark[]): void {
    past.value = [...past.value.slice(-UNDO_LIMIT), marks.value]
    future.value = []
    marks.value = next
  }

  function add(mark: Fresh<Mark>): void {
    lastId += 1
    change([...marks.value, { ...mark, id: lastId }])
    selectedId.value = lastId
  }

  /** Several changes that are undone in one step. */
  function together(make: () => void): void {
    const [before, steps] = [marks.value, past.value]
    make()
    if (marks.value !== before) past.value = [...steps.slice(-UNDO_LIMIT), before]
  }

  const find = (id: number) => marks.value.find((mark) => mark.id === id) ?? null
  const boxMark = (id: number) => {
    const mark = find(id)
    return mark && !isPaging(mark) ? mark : null
  }

  /** Put a seal with its middle at a place of the shown page (CSS pixels at scale 1). */
  function placeSeal(seal: SealChoice, certificateSha256: string, pageNumber: number, at: { left: number; top: number }) {
    const page = pageOf(pageNumber)
    if (!page) return
    const unit = page.user_unit ?? 1
    const [width, height] = [mmToPt(seal.width_mm, page) * unit, mmToPt(seal.height_mm, page) * unit]
    const box = centred(page, width, height, at)
    add({ kind: 'seal', page: pageNumber, box, certificateSha256, seal, text: null })
  }

  function placeDate(text: string, certificateSha256: string, pageNumber: number, at: { left: number; top: number }) {
    const page = pageOf(pageNumber)
    if (!page) return
    const box = centred(page, widthEm(text) * DATE_SIZE_PT + 4, DATE_SIZE_PT / DATE_FILL, at)
    add({ kind: 'date', page: pageNumber, box, certificateSha256, seal: null, text })
  }

  /** A note (批注文字): its box follows its text, and can be made wider. */
  function placeText(text: string, certificateSha256: string, pageNumber: number, at: { left: number; top: number }) {
    const page = pageOf(pageNumber)
    if (!page) return
    const size = noteSize(text)
    add({ kind: 'text', page: pageNumber, box: centred(page, size.width, size.height, at), certificateSha256, seal: null, text })
  }

  /** Over the right edge of every page; `along` is where its middle lies, 0 at the top and 1 at the bottom. */
  function placePaging(seal: SealChoice, certificateSha256: string, along: number, layout: Readonly<PagingLayout> = EVEN): void {
    add({ kind: 'paging', certificateSha256, seal, layout: { ...layout, along: Math.max(0, Math.min(1, along)) } })
  }

  /** Change how a paging seal lies; the place along the edge stays on the page. */
  function layOut(id: number, part: Partial<PagingLayout>): void {
    change(
      marks.value.map((mark) => {
        if (mark.id !== id || !isPaging(mark)) return mark
        const layout = { ...mark.layout, ...part }
        return { ...mark, layout: { ...layout, along: Math.max(0, Math.min(1, layout.along)) } }
      }),
    )
  }

  function replace(id: number, part: Partial<Pick<BoxMark, 'page' | 'box'>>): void {
    change(marks.value.map((mark) => (mark.id === id && !isPaging(mark) ? { ...mark, ...part } : mark)))
  }

  /** Move to a place on the shown page (scale 1); kept wholly on the page. */
  function moveTo(id: number, at: { left: number; top: number }): void {
    const mark = boxMark(id)
    const page = mark && pageOf(mark.page)
    if (!mark || !page) return
    const visible = { ...boxToVisible(page, mark.box, 1), ...at }
    replace(id, { box: boxToPage(page, kept(page, visible, 1), 1) })
  }

  /** Move by pixels of scale 1, as the arrow keys do. */
  function nudge(id: number, right: number, down: number): void {
    const shown = visibleOf(id)
    if (shown) moveTo(id, { left: shown.left + right, top: shown.top + down })
  }

  function moveToPage(id: number, pageNumber: number): void {
    const shown = visibleOf(id)
    const page = pageOf(pageNumber)
    if (!shown || !page) return
    replace(id, { page: pageNumber, box: boxToPage(page, kept(page, shown, 1), 1) })
  }

  function visibleOf(id: number): VisibleBox | null {
    const mark = boxMark(id)
    const page = mark && pageOf(mark.page)
    return mark && page ? boxToVisible(page, mark.box, 1) : null
  }

  function remove(id: number): void {
    change(marks.value.filter((mark) => mark.id !== id))
    if (selectedId.value === id) selectedId.value = null
  }

  const select = (id: number) => (selectedId.value = id)

  function undo(): void {
    const before = past.value.at(-1)
    if (!before) return
    past.value = past.value.slice(0, -1)
    future.value = [...future.value, marks.value]
    marks.value = before
    if (!before.some((mark) => mark.id === selectedId.value)) selectedId.value = null
  }

  function redo(): void {
    const after = future.value.at(-1)
    if (!after) return
    future.value = future.value.slice(0, -1)
    past.value = [...past.value, marks.value]
    marks.value = after
  }

  /** The same mark on further pages, at the same place as far as they have it; pages that have it already are left. */
  function spread(id: number, pageNumbers: readonly number[]): void {
    const mark = boxMark(id)
    const shown = visibleOf(id)
    if (!mark || !shown) return
    const isSame = (other: Mark) => !isPaging(other) && other.kind === mark.kind && other.seal?.id === mark.seal?.id && other.certificateSha256 === mark.certificateSha256 && other.text === mark.text
    const taken = new Set(marks.value.filter(isSame).flatMap((other) => (isPaging(other) ? [] : [other.page])))
    const fresh = pageNumbers.flatMap((number) => {
      const page = taken.has(number) ? null : pageOf(number)
      return page ? [{ ...mark, id: ++lastId, page: number, box: boxToPage(page, kept(page, shown, 1), 1) }] : []
    })
    if (fresh.length) change([...marks.value, ...fresh])
  }

  /** Begin with marks that were placed before the page was loaded again. */
  function restore(before: readonly Mark[]): void {
    marks.value = before.map((mark) => ({ ...mark, id: ++lastId }))
    past.value = [[]]
  }

  /** Take all marks away for good: they have become signatures, or are kept by the server. */
  function clear(): void {
    marks.value = past.value = future.value = []
    selectedId.value = null
  }

  /** Seals that lie over each other, page by page; a date under a seal is how contracts are dated, and no mistake. */
  const overlapping = computed(() => {
    const seals = marks.value.filter((mark): mark is BoxMark => !isPaging(mark) && mark.kind === 'seal')
    return seals.flatMap((one, index) => seals.slice(index + 1).flatMap((other) => (one.page === other.page && meet(one.box, other.box) ? [{ page: one.page, one, other }] : [])))
  })

  /** In the order of first appearance: that is the order in which the keys will sign. */
  const byKey = computed<MarksByKey[]>(() => {
    const groups = new Map<string, Mark[]>()
    for (const mark of marks.value) {
      groups.set(mark.certificateSha256, [...(groups.get(mark.certificateSha256) ?? []), mark])
    }
    return [...groups].map(([certificateSha256, own]) => ({ certificateSha256, marks: own }))
  })

  /** A key signs only where its seal stands: a date alone is no seal. */
  const keysWithoutSeal = computed(() =>
    byKey.value.filter((group) => !group.marks.some((mark) => mark.seal)).map((group) => group.certificateSha256),
  )

  const placements = computed<OpenCeremony['placements']>(() => byKey.value.flatMap((group) => group.marks.map(placement)))

  const pagesOf = (mark: Mark): number[] => (isPaging(mark) ? stripped(mark.layout, pages()).map((page) => page.number) : [mark.page])

  /** The marks with a box on a page. */
  const boxesOn = (page: number): BoxMark[] => marks.value.filter((mark): mark is BoxMark => !isPaging(mark) && mark.page === page)

  /** Every strip, by its page, with the paging seal it belongs to. */
  const stripsByPage = computed(() => {
    const found = new Map<number, { mark: PagingMark; strip: Strip }[]>()
    for (const mark of marks.value.filter(isPaging)) {
      for (const strip of strips(mark.layout, mark.seal, pages())) {
        found.set(strip.page, [...(found.get(strip.page) ?? []), { mark, strip }])
      }
    }
    return found
  })

  return {
    marks,
    selectedId,
    pagesOf,
    boxesOn,
    stripsByPage,
    overlapping,
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
    byKey,
    keysWithoutSeal,
    placements,
    placeSeal,
    placeDate,
    placeText,
    placePaging,
    together,
    layOut,
    moveTo,
    nudge,
    moveToPage,
    visibleOf,
    remove,
    select,
    undo,
    redo,
    spread,
    restore,
    clear,
  }
}

export type Marks = ReturnType<typeof useMarks>

const meet = (one: Readonly<Box>, other: Readonly<Box>) =>
  one.x_pt < other.x_pt + other.width_pt && other.x_pt < one.x_pt + one.width_pt && one.y_pt < other.y_pt + other.height_pt && other.y_pt < one.y_pt + one.height_pt

function placement(mark: Mark): OpenCeremony['placements'][number] {
  const certificate_sha256 = mark.certificateSha256
  if (isPaging(mark)) {
    const { edge, along, groupSize, firstShare, lastShare, skipped } = mark.layout
    return { kind: 'paging', certificate_sha256, seal_id: mark.seal.id, edge, along, group_size: groupSize, first_share: firstShare, last_share: lastShare, skipped }
  }
  const { kind, page, box, seal, text } = mark
  return { kind, page, ...box, certificate_sha256, seal_id: seal?.id ?? null, text, size_pt: kind === 'text' ? NOTE_SIZE_PT : null }
}
