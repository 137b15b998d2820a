/** Points of a pen as the server takes them: x, y, and the pressure from 0 to 1. */
export type Point = [x: number, y: number, pressure: number]
/** What a mouse or finger presses with, of which no pressure is known. */
export const PRESSED = 0.5

interface Pointed {
  offsetX: number
  offsetY: number
  clientX: number
  clientY: number
  pressure: number
}

/** Where an event is inside the frame. Those that a browser has gathered know only the window, not the frame. */
export function pointOf(event: Pointed, gathered: Pointed = event): Point {
  const x = gathered.offsetX + event.clientX - gathered.clientX
  const y = gathered.offsetY + event.clientY - gathered.clientY
  const pressure = event.pressure > 0 && event.pressure <= 1 ? event.pressure : PRESSED
  return [rounded(x), rounded(y), rounded(pressure)]
}

/** Whether something was written that a server would take: more than a dot, less than a novel. */
export function isWritten(strokes: readonly (readonly Point[])[]): boolean {
  const points = strokes.reduce((sum, one) => sum + one.length, 0)
  return strokes.length <= 200 && points > 3 && points <= 10_000
}

const rounded = (value: number) => Math.round(value * 100) / 100
