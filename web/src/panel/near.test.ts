import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchNear } from './near'

interface Made {
  root: Element | Document
  observed: Set<Element>
  tell: (entries: { target: Element; isIntersecting: boolean }[]) => void
}
let made: Made[] = []
beforeEach(() => {
  made = []
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      private readonly own: Made
      constructor(tell: Made['tell'], { root }: { root: Element | Document }) {
        this.own = { root, observed: new Set(), tell }
        made.push(this.own)
      }
      observe = (element: Element) => void this.own.observed.add(element)
      unobserve = (element: Element) => void this.own.observed.delete(element)
    },
  )
})
afterEach(() => vi.unstubAllGlobals())

function scroller(): [Element, Element, Element] {
  const room = document.createElement('div')
  room.setAttribute('data-scroller', '')
  const [one, other] = [document.createElement('p'), document.createElement('p')]
  room.append(one, other)
  return [room, one, other]
}

test('all that lie in one scroller have one observer, and each hears of itself alone', () => {
  const [room, one, other] = scroller()
  const [elsewhere, third] = scroller()
  const heard: [string, boolean][] = []
  watchNear(one, (isNear) => heard.push(['one', isNear]))
  watchNear(other, (isNear) => heard.push(['other', isNear]))
  watchNear(third, (isNear) => heard.push(['third', isNear]))
  expect(made.map(({ root }) => root)).toEqual([room, elsewhere])
  made[0]?.tell([
    { target: one, isIntersecting: true },
    { target: other, isIntersecting: true },
    { target: one, isIntersecting: false },
  ])
  expect(heard).toEqual([
    ['one', false],
    ['other', true],
  ])
})

test('what is outside of every scroller is watched in the window, and what was let go hears nothing', () => {
  const alone = document.createElement('p')
  const heard: boolean[] = []
  const stop = watchNear(alone, (isNear) => heard.push(isNear))
  expect(made[0]?.root).toBe(document)
  stop()
  expect(made[0]?.observed.size).toBe(0)
  made[0]?.tell([{ target: alone, isIntersecting: true }])
  expect(heard).toEqual([])
})
