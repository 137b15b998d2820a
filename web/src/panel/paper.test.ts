import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newPaper } from './paper'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

async function isLooked(paper: ReturnType<typeof newPaper>): Promise<boolean> {
  return Promise.race([paper.looked.then(() => true), Promise.resolve(false).then((no) => no)])
}

test('what can wait begins when a page is seen, and not before', async () => {
  const paper = newPaper((page, pixels) => `${page}/${pixels}`)
  vi.advanceTimersByTime(1499)
  expect(await isLooked(paper)).toBe(false)
  paper.seen()
  expect(await isLooked(paper)).toBe(true)
})

test('a page that is never seen holds nothing up for ever', async () => {
  const paper = newPaper(() => '')
  vi.advanceTimersByTime(1500)
  expect(await isLooked(paper)).toBe(true)
})
