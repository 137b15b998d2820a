/** Where the initiator would like each signer's marks: by document and signer here, by their places in the request there. */
import type { PageBox, PlaceWanted, Upload } from '@/api/schema'
import { boxToPage, kept, mmToPt, visibleSize, type Box } from '@/panel/geometry'
import type { Signer } from './signers'

export interface Proposed {
  readonly uploadId: string
  readonly signerId: string
  readonly kind: 'seal' | 'date'
  readonly page: number
  readonly box: Readonly<Box>
}

/** A round seal of a company, and a date beside it. */
const SIZES_MM = { seal: [40, 40], date: [35, 7] } as const
const MARGIN_MM = 25

/** A box of that kind with its middle at a place of the shown page (pixels at scale 1), kept on the page. */
export function boxAt(page: PageBox, kind: Proposed['kind'], at: { left: number; top: number }): Box {
  const unit = page.user_unit ?? 1
  const [width, height] = SIZES_MM[kind].map((mm) => mmToPt(mm, page) * unit) as [number, number]
  return boxToPage(page, kept(page, { left: at.left - width / 2, top: at.top - height / 2, width, height }, 1), 1)
}

/** The usual corner: right below. */
export function corner(page: PageBox, kind: Proposed['kind']): Box {
  const { width, height } = visibleSize(page, 1)
  const margin = mmToPt(MARGIN_MM + SIZES_MM[kind][0] / 2, page) * (page.user_unit ?? 1)
  return boxAt(page, kind, { left: width - margin, top: height - margin })
}

/** As the server takes them; what belongs to a document or a signer that is no longer there is left out. */
export function placesWanted(places: readonly Proposed[], uploads: readonly Upload[], signers: readonly Signer[]): PlaceWanted[] {
  return places.flatMap(({ uploadId, signerId, kind, page, box }) => {
    const document = uploads.findIndex((one) => one.id === uploadId)
    const recipient = signers.findIndex((one) => one.id === signerId && !one.is_copy)
    return document < 0 || recipient < 0 ? [] : [{ document, recipient, kind, page, ...box }]
  })
}

/** As the page keeps them, from a draft. */
export function placesKept(wanted: readonly PlaceWanted[], uploads: readonly Upload[], signers: readonly Signer[]): Proposed[] {
  return wanted.flatMap(({ document, recipient, kind, page, x_pt, y_pt, width_pt, height_pt }) => {
    const [upload, signer] = [uploads[document], signers[recipient]]
    const isKnown = upload && signer && (kind === 'seal' || kind === 'date')
    return isKnown ? [{ uploadId: upload.id, signerId: signer.id, kind, page, box: { x_pt, y_pt, width_pt, height_pt } }] : []
  })
}
