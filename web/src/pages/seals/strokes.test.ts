import { expect, test } from 'vitest'
import { isWritten, pointOf } from './strokes'

const at = (x: number, y: number, pressure = 0.5) => ({ offsetX: x, offsetY: y, clientX: x + 100, clientY: y + 50, pressure })

test('a point lies inside the frame and keeps its pressure', () => {
  expect(pointOf(at(3, 4, 0.25))).toEqual([3, 4, 0.25])
})

test('what presses with nothing known presses as a mouse does', () => {
  expect(pointOf(at(3, 4, 0))).toEqual([3, 4, 0.5])
})

test('a gathered point is put beside the event that brought it', () => {
  const gathered = at(10, 10)
  expect(pointOf({ ...at(0, 0), clientX: 108, clientY: 63 }, gathered)).toEqual([8, 13, 0.5])
})

test('a dot is no signature and neither is a novel', () => {
  expect(isWritten([[[1, 1, 0.5]]])).toBe(false)
  expect(isWritten([Array.from({ length: 12 }, (_, place) => [place, place, 0.5] as [number, number, number])])).toBe(true)
  expect(isWritten(Array.from({ length: 201 }, () => [[1, 1, 0.5] as [number, number, number], [2, 2, 0.5] as [number, number, number]]))).toBe(false)
})
