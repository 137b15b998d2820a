/** A document opened for reading: its pages at once, pdf.js's proxy when it has come, and the pages nobody could draw. */
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { PageBox } from '@/api/schema'
import { contentUrl, documentPages, pictureUrl } from '@/api/view'
import { newPaper, type Paper } from './paper'

export function useDocument() {
  const document = shallowRef<Paper | null>(null)
  const pages = shallowRef<readonly PageBox[]>([])
  const problem = ref<ProblemError | null>(null)
  const failedPages = ref<number[]>([])
  let opened = 0

  /** Show a document at a revision (the newest, where none is named). Ready as soon as its pages can be laid out. */
  async function open(envelopeId: string, documentId: string, revision?: number): Promise<void> {
    const own = (opened += 1)
    problem.value = null
    try {
      const shown = await documentPages(envelopeId, documentId, revision)
      if (own !== opened) return
      const before = document.value
      pages.value = shown.pages
      failedPages.value = []
      const paper = newPaper((page, pixels) => pictureUrl(envelopeId, shown, page, pixels))
      document.value = paper
      void close(before)
      void sharpen(paper, contentUrl(envelopeId, documentId, shown.revision), () => own === opened)
    } catch (caught) {
      if (own === opened) problem.value = asProblem(caught)
    }
  }

  /** pdf.js is loaded behind the first picture: until it is here pictures are what is read. */
  async function sharpen({ looked, pdf }: Paper, url: string, isWanted: () => boolean): Promise<void> {
    await looked
    if (!isWanted()) return
    try {
      const { openDocument } = await import('./stage')
      const read = await openDocument(url)
      if (isWanted()) pdf.value = read
      else await read.loadingTask.destroy()
    } catch {
      if (isWanted()) problem.value = problemOf('SERVER_UNREACHABLE')
    }
  }

  const close = async (paper: Paper | null) => void (await paper?.pdf.value?.loadingTask.destroy())

  function failed(page: number): void {
    if (!failedPages.value.includes(page)) failedPages.value = [...failedPages.value, page]
  }

  onBeforeUnmount(() => {
    opened += 1
    void close(document.value)
  })
  return { document, pages, problem, failedPages, open, failed }
}
