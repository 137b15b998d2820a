/** A document as the stage shows it: pictures from the server at once, pdf.js when it has come. */
import type { ShallowRef } from 'vue'
import type { PdfDocument } from './stage'

export interface Paper {
  /** The address of a page's picture with at least so many pixels across; it is of one revision. */
  pictureUrl: (page: number, pixels: number) => string
  /** Null until pdf.js is here and has read the document's table. */
  pdf: ShallowRef<PdfDocument | null>
}
