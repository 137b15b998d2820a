/**
 * Which elements are in view of the scroller they lie in, or will be soon. One observer for each scroller: a thousand
 * pages with one each would be a thousand looks at every frame.
 */
const MARGIN = '60% 0px'

type Tell = (isNear: boolean) => void
interface Room {
  observer: IntersectionObserver
  told: Map<Element, Tell>
}
const rooms = new WeakMap<Element | Document, Room>()

/** Tell now and whenever it changes; gives what ends it. */
export function watchNear(element: Element, tell: Tell): () => void {
  const root = element.closest('[data-scroller]') ?? document
  const room = rooms.get(root) ?? opened(root)
  room.told.set(element, tell)
  room.observer.observe(element)
  return () => {
    room.told.delete(element)
    room.observer.unobserve(element)
  }
}

function opened(root: Element | Document): Room {
  const told = new Map<Element, Tell>()
  const tellAll = (entries: readonly IntersectionObserverEntry[]) => {
    // Of several for one element the last is how it is now.
    for (const [element, isNear] of new Map(entries.map((one) => [one.target, one.isIntersecting]))) told.get(element)?.(isNear)
  }
  const room = { told, observer: new IntersectionObserver(tellAll, { root, rootMargin: MARGIN }) }
  rooms.set(root, room)
  return room
}
