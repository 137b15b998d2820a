import { expect, test } from 'vitest'
import { snapped } from './snapping'

const PAGE = { width: 600, height: 800 }
const box = (left: number, top: number) => ({ left, top, width: 50, height: 50 })

test('a mark near the middle of the page falls into it', () => {
  expect(snapped(box(273, 10), [], PAGE, 4)).toEqual({ left: 275, top: 10, across: null, down: 300 })
})

test('a mark falls into line with the edges and middles of the others', () => {
  expect(snapped(box(103, 402), [box(100, 400)], PAGE, 4)).toMatchObject({ left: 100, top: 400 })
  expect(snapped(box(10, 428), [{ left: 100, top: 400, width: 50, height: 104 }], PAGE, 4)).toMatchObject({ top: 427, across: 452 })
})

test('of several lines the nearest counts', () => {
  expect(snapped(box(103, 0), [box(100, 300), box(104, 500)], PAGE, 4).left).toBe(104)
})

test('what is far from every line stays where it is', () => {
  expect(snapped(box(111, 222), [box(400, 700)], PAGE, 4)).toEqual({ left: 111, top: 222, across: null, down: null })
})
