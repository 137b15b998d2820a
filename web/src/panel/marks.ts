/** The marks of one sealing session: placing, moving, removing, undoing, and what goes to the server. */
import { computed, ref } from 'vue'
import type { PageBox, Placement, SealChoice } from '@/api/schema'
import { boxToPage, boxToVisible, kept, mmToPt, type Box, type VisibleBox } from './geometry'

const DATE_SIZE_PT = 14
/** The engine's date fills this share of the height of its box with the em. */
export const DATE_FILL = 0.78
const UNDO_LIMIT = 100

export interface Mark {
  readonly id: number
  readonly kind: 'seal' | 'date'
  readonly page: number
  readonly box: Readonly<Box>
  readonly certificateSha256: string
  readonly seal: SealChoice | null
  readonly text: string | null
}

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

  const pageOf = (number: number) => pages().find((page) => page.number === number)

  function change(next: readonly Mark[]): void {
    past.value = [...past.value.slice(-UNDO_LIMIT), marks.value]
    marks.value = next
  }

  function add(mark: Omit<Mark, 'id'>): void {
    lastId += 1
    change([...marks.value, { ...mark, id: lastId }])
    selectedId.value = lastId
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

  function replace(id: number, part: Partial<Pick<Mark, 'page' | 'box'>>): void {
    change(marks.value.map((mark) => (mark.id === id ? { ...mark, ...part } : mark)))
  }

  /** Move to a place on the shown page (scale 1); kept wholly on the page. */
  function moveTo(id: number, at: { left: number; top: number }): void {
    const mark = marks.value.find((one) => one.id === id)
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
    const mark = marks.value.find((one) => one.id === id)
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
    marks.value = before
    if (!before.some((mark) => mark.id === selectedId.value)) selectedId.value = null
  }

  /** Take all marks away for good: they have become signatures, or are kept by the server. */
  function clear(): void {
    marks.value = past.value = []
    selectedId.value = null
  }

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
    byKey.value.filter((group) => !group.marks.some((mark) => mark.kind === 'seal')).map((group) => group.certificateSha256),
  )

  const placements = computed<Placement[]>(() =>
    byKey.value.flatMap((group) =>
      group.marks.map((mark) => ({
        kind: mark.kind,
        page: mark.page,
        ...mark.box,
        certificate_sha256: mark.certificateSha256,
        seal_id: mark.seal?.id ?? null,
        text: mark.text,
      })),
    ),
  )

  return {
    marks,
    selectedId,
    canUndo: computed(() => past.value.length > 0),
    byKey,
    keysWithoutSeal,
    placements,
    placeSeal,
    placeDate,
    moveTo,
    nudge,
    moveToPage,
    visibleOf,
    remove,
    select,
    undo,
    clear,
  }
}

export type Marks = ReturnType<typeof useMarks>

/** Width of a date when the em is 1: Chinese characters are as wide as high, digits about half of it. */
export function widthEm(text: string): number {
  return [...text].reduce((sum, character) => sum + (character > '\u2e7f' ? 1 : 0.56), 0)
}
