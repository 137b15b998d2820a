/** A document as the stage shows it: pictures from the server at once, pdf.js when it has come. */
import { shallowRef, type ShallowRef } from 'vue'
import type { PdfDocument } from './stage'

/** For so long everything else waits for the first page to be seen. */
const PATIENCE_MS = 1500

export interface Paper {
  /** The address of a page's picture with at least so many pixels across; it is of one revision. */
  pictureUrl: (page: number, pixels: number) => string
  /** Null until pdf.js is here and has read the document's table. */
  pdf: ShallowRef<PdfDocument | null>
  /** To be called by every page of which something is seen, or nothing can be. */
  seen: () => void
  /** Resolves once a page is seen, or patience is over; what is not needed for that begins then. */
  looked: Promise<void>
}

export function newPaper(pictureUrl: Paper['pictureUrl']): Paper {
  let seen = () => {}
  const looked = new Promise<void>((resolve) => {
    seen = resolve
    setTimeout(resolve, PATIENCE_MS)
  })
  return { pictureUrl, pdf: shallowRef(null), seen, looked }
}
