import { afterEach, expect, test, vi } from 'vitest'
import { picture } from './pictures'

const asked: string[] = []
let answers: (() => void)[] = []

function server(): void {
  vi.stubGlobal('fetch', (url: string) => {
    asked.push(url)
    return new Promise((resolve) => answers.push(() => resolve(new Response('picture'))))
  })
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 1))

/** Let the server answer what it was asked first, and everybody take it in. */
async function answer(): Promise<void> {
  answers.shift()?.()
  await settled()
}

afterEach(async () => {
  while (answers.length) await answer()
  vi.unstubAllGlobals()
  vi.useRealTimers()
  asked.length = 0
  answers = []
})

const still = () => new AbortController().signal

test('one at a time: what came into view last comes first, in the order of its pages', async () => {
  server()
  const all = ['1', '2', '3'].map((url) => picture(url, still()))
  await settled()
  expect(asked).toEqual(['1'])
  all.push(...['7', '8'].map((url) => picture(url, still())))
  await settled()
  expect(asked).toEqual(['1'])
  while (answers.length) await answer()
  expect(asked).toEqual(['1', '7', '8', '2', '3'])
  expect(await Promise.all(all)).toHaveLength(5)
})

test('small ones come only when no large one is wanted', async () => {
  server()
  const all = [picture('s1', still(), true), picture('s2', still(), true), picture('l1', still())]
  await settled()
  expect(asked).toEqual(['l1'])
  await answer()
  expect(asked).toEqual(['l1', 's1'])
  all.push(picture('l2', still()))
  await settled()
  while (answers.length) await answer()
  expect(asked).toEqual(['l1', 's1', 'l2', 's2'])
  await Promise.all(all)
})

test('what went out of view before its turn is not asked for at all', async () => {
  server()
  const gone = new AbortController()
  const seen = ['1', '2'].map((url) => picture(url, still()))
  const refused = expect(picture('3', gone.signal)).rejects.toThrow(/abort/i)
  gone.abort()
  await settled()
  while (answers.length) await answer()
  await refused
  await Promise.all(seen)
  expect(asked).toEqual(['1', '2'])
})

const refusal = (code: string, status: number) =>
  new Response(JSON.stringify({ code, status, facts: {}, zh: '', en: '' }), { status, headers: { 'content-type': 'application/problem+json' } })

test('a busy server is asked again', async () => {
  let count = 0
  vi.stubGlobal('fetch', () => Promise.resolve((count += 1) < 2 ? refusal('PLATFORM_BUSY', 503) : new Response('picture')))
  expect((await picture('1', still())).size).toBe(7)
  expect(count).toBe(2)
})

test('a page that cannot be drawn is not asked for again', async () => {
  let count = 0
  vi.stubGlobal('fetch', () => Promise.resolve(((count += 1), refusal('PAGE_NOT_DRAWN', 422))))
  await expect(picture('1', still())).rejects.toMatchObject({ code: 'PAGE_NOT_DRAWN' })
  expect(count).toBe(1)
})
