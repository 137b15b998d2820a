/** A document opened for reading: pdf.js's proxy, closed with the screen, and the pages it could not draw. */
import { onBeforeUnmount, ref, shallowRef } from 'vue'
import { documentUrl } from '@/api/calls'
import { problemOf, type ProblemError } from '@/api/client'
import { openDocument, type PdfDocument } from './stage'

export function useDocument() {
  const document = shallowRef<PdfDocument | null>(null)
  const problem = ref<ProblemError | null>(null)
  const failedPages = ref<number[]>([])

  async function open(envelopeId: string, documentId: string, revision?: number): Promise<void> {
    problem.value = null
    const from = revision === undefined ? '' : `&revision=${revision}`
    try {
      const opened = await openDocument(`${documentUrl(envelopeId, documentId)}${from}`)
      await document.value?.loadingTask.destroy()
      document.value = opened
    } catch {
      problem.value = problemOf('SERVER_UNREACHABLE')
    }
  }

  function failed(page: number): void {
    if (!failedPages.value.includes(page)) failedPages.value = [...failedPages.value, page]
  }

  onBeforeUnmount(() => void document.value?.loadingTask.destroy())
  return { document, problem, failedPages, open, failed }
}
