/** Which of the places that the initiator proposed are still empty. */
import type { ProposedPlace } from '@/api/schema'
import { isPaging, type Mark } from './marks'

/** A place is filled by a mark of its kind whose middle lies in it. */
export function emptyPlaces(places: readonly ProposedPlace[], marks: readonly Mark[]): ProposedPlace[] {
  return places.filter((place) => !marks.some((mark) => !isPaging(mark) && mark.kind === place.kind && mark.page === place.page && isInside(place, mark.box)))
}

type Boxed = Pick<ProposedPlace, 'x_pt' | 'y_pt' | 'width_pt' | 'height_pt'>

function isInside(place: Boxed, box: Boxed): boolean {
  const [x, y] = [box.x_pt + box.width_pt / 2, box.y_pt + box.height_pt / 2]
  return x >= place.x_pt && x <= place.x_pt + place.width_pt && y >= place.y_pt && y <= place.y_pt + place.height_pt
}
