import { afterEach, expect, test, vi } from 'vitest'
import { ask, asProblem, problemOf, ProblemError, useCsrf, whenLoginRequired, whenReached } from './client'

afterEach(() => vi.unstubAllGlobals())

function answering(response: Response) {
  const fetched = vi.fn<typeof fetch>().mockResolvedValue(response)
  vi.stubGlobal('fetch', fetched)
  return fetched
}

test('a write carries the CSRF value and a read does not', async () => {
  useCsrf('abc')
  const fetched = answering(new Response(null, { status: 204 }))
  await ask('DELETE', '/session')
  answering(Response.json({}))
  expect(new Headers(fetched.mock.calls[0]?.[1]?.headers).get('X-CSRFToken')).toBe('abc')
  const read = answering(Response.json({}))
  await ask('GET', '/counts')
  expect(new Headers(read.mock.calls[0]?.[1]?.headers).has('X-CSRFToken')).toBe(false)
})

test('a refusal arrives with its code and both texts', async () => {
  const body = { ...problemOf('DOCUMENT_EMPTY').report }
  answering(Response.json(body, { status: 422, headers: { 'content-type': 'application/problem+json' } }))
  const refused = await ask('GET', '/x').catch((caught: unknown) => caught)
  expect(refused).toBeInstanceOf(ProblemError)
  expect((refused as ProblemError).code).toBe('DOCUMENT_EMPTY')
  expect((refused as ProblemError).text('zh-CN')).toBe(body.zh)
  expect((refused as ProblemError).text('en')).toBe(body.en)
})

test('a broken connection is told as the platform not being reachable', async () => {
  vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('Failed to fetch')))
  const refused = await ask('GET', '/x').catch((caught: unknown) => caught)
  expect(asProblem(refused).code).toBe('SERVER_UNREACHABLE')
})

test('a defect of the page is told as one, and kept for those who look for it', () => {
  const logged = vi.spyOn(console, 'error').mockReturnValue()
  const defect = new TypeError('x is undefined')
  expect(asProblem(defect).code).toBe('PAGE_FAILED')
  expect(logged).toHaveBeenCalledExactlyOnceWith(defect)
})

test('facts are filled into the texts', () => {
  expect(problemOf('PIN_INCORRECT', { tries_left: 4 }).text('zh-CN')).toContain('4')
})

function refusing(code: 'LOGIN_REQUIRED' | 'DOCUMENT_EMPTY') {
  return Response.json(problemOf(code).report, { status: problemOf(code).report.status, headers: { 'content-type': 'application/problem+json' } })
}

test('what was refused because the session had ended is asked once more after the login, with the new CSRF value', async () => {
  useCsrf('old')
  const fetched = vi.fn<typeof fetch>().mockResolvedValueOnce(refusing('LOGIN_REQUIRED')).mockResolvedValueOnce(Response.json({ id: 'one' }))
  vi.stubGlobal('fetch', fetched)
  whenLoginRequired(() => {
    useCsrf('new')
    return Promise.resolve(true)
  })
  expect(await ask('POST', '/envelopes', { title: 'a' })).toEqual({ id: 'one' })
  expect(fetched).toHaveBeenCalledTimes(2)
  expect(new Headers(fetched.mock.calls[1]?.[1]?.headers).get('X-CSRFToken')).toBe('new')
})

test('where nobody logs in again the refusal stands and nothing is asked twice', async () => {
  const fetched = answering(refusing('LOGIN_REQUIRED'))
  whenLoginRequired(() => Promise.resolve(false))
  const refused = await ask('POST', '/envelopes', {}).catch((caught: unknown) => caught)
  expect(asProblem(refused).code).toBe('LOGIN_REQUIRED')
  expect(fetched).toHaveBeenCalledOnce()
})

test.each([
  [502, false],
  [503, false],
  [500, true],
])('an answer %i that is no problem report says that the platform is reached: %s', async (status, isReached) => {
  const told = vi.fn()
  whenReached(told)
  answering(new Response('<html>', { status, headers: { 'content-type': 'text/html' } }))
  await ask('GET', '/x').catch(() => undefined)
  expect(told).toHaveBeenCalledExactlyOnceWith(isReached, expect.any(Number))
})
