/** pdf.js as this product uses it: every asset shipped, nothing scripted, what cannot be drawn is told. */
// The build for older browsers: the modern one calls what Chromium has only since 2025 (Map.getOrInsertComputed,
// Math.sumPrecise), and 360 and the browsers of 统信 and 麒麟 are behind that.
import * as pdfjs from 'pdfjs-dist/legacy/build/pdf.mjs'
import worker from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url'

pdfjs.GlobalWorkerOptions.workerSrc = worker

export type PdfDocument = pdfjs.PDFDocumentProxy

const RANGE_BYTES = 256 * 1024

/** Open a document for drawing. Scripts and XFA stay off (this pdf.js has no eval left): what is shown is what is in the pages. */
export function openDocument(url: string): Promise<PdfDocument> {
  return pdfjs.getDocument({
    url,
    withCredentials: true,
    // Only the parts that a page needs are fetched, when it is drawn: a long document does not come as a whole.
    disableStream: true,
    disableAutoFetch: true,
    rangeChunkSize: RANGE_BYTES,
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

export interface Drawing {
  /** The finished picture; rejects when it was stopped or could not be drawn. */
  picture: Promise<HTMLCanvasElement>
  stop: () => void
}

/** Draw one page at a scale in CSS pixels, on a canvas of its own; widgets are drawn too, for seals are widgets. */
export function drawPage(document: PdfDocument, number: number, scale: number): Drawing {
  let rendering: pdfjs.RenderTask | null = null
  let isStopped = false
  async function draw(): Promise<HTMLCanvasElement> {
    const page = await document.getPage(number)
    if (isStopped) throw new pdfjs.RenderingCancelledException('stopped before it began')
    const density = Math.min(window.devicePixelRatio || 1, DENSITY_LIMIT)
    const viewport = page.getViewport({ scale: scale * density })
    const canvas = window.document.createElement('canvas')
    canvas.width = Math.floor(viewport.width)
    canvas.height = Math.floor(viewport.height)
    rendering = page.render({ canvas, viewport, annotationMode: pdfjs.AnnotationMode.ENABLE })
    await rendering.promise
    page.cleanup()
    return canvas
  }
  const stop = () => {
    isStopped = true
    rendering?.cancel()
  }
  return { picture: draw(), stop }
}

/** Whether a drawing was only cut short because its page went out of sight. */
export function wasStopped(caught: unknown): boolean {
  return caught instanceof pdfjs.RenderingCancelledException
}
