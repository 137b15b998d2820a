/** pdf.js as this product uses it: every asset shipped, nothing scripted, what cannot be drawn is told. */
import * as pdfjs from 'pdfjs-dist'
import worker from 'pdfjs-dist/build/pdf.worker.min.mjs?url'

pdfjs.GlobalWorkerOptions.workerSrc = worker

export type PdfDocument = pdfjs.PDFDocumentProxy

/** Open a document for drawing. Scripts and XFA stay off (this pdf.js has no eval left): what is shown is what is in the pages. */
export function openDocument(url: string): Promise<PdfDocument> {
  return pdfjs.getDocument({
    url,
    withCredentials: true,
    cMapUrl: '/pdf/cmaps/',
    cMapPacked: true,
    standardFontDataUrl: '/pdf/standard_fonts/',
    wasmUrl: '/pdf/wasm/',
    iccUrl: '/pdf/iccs/',
    enableXfa: false,
    stopAtErrors: false,
  }).promise
}

const DENSITY_LIMIT = 2

/** Draw one page into a canvas at a scale in CSS pixels; widgets are drawn too, for seals are widgets. */
export async function drawPage(document: PdfDocument, number: number, canvas: HTMLCanvasElement, scale: number) {
  const page = await document.getPage(number)
  const density = Math.min(window.devicePixelRatio || 1, DENSITY_LIMIT)
  const viewport = page.getViewport({ scale: scale * density })
  canvas.width = Math.floor(viewport.width)
  canvas.height = Math.floor(viewport.height)
  const task = page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.ENABLE })
  return {
    done: task.promise.finally(() => page.cleanup()),
    stop: () => task.cancel(),
  }
}

/** Whether a drawing was only cut short because its page went out of sight. */
export function wasStopped(caught: unknown): boolean {
  return caught instanceof pdfjs.RenderingCancelledException
}
