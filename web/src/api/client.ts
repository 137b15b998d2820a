/** One door to the server: JSON in and out, the CSRF value on every write, every refusal as a ProblemError. */
import { PROBLEMS } from './problems'
import type { ProblemReport } from './schema'

export type ProblemCode = keyof typeof PROBLEMS

/** A refusal with its facts; the texts come with it, so nobody invents another wording. */
export class ProblemError extends Error {
  constructor(readonly report: ProblemReport) {
    super(report.code)
  }

  get code(): string {
    return this.report.code
  }

  text(language: string): string {
    return language.startsWith('zh') ? this.report.zh : this.report.en
  }
}

/** A problem that the page itself notices, worded by the same table as the server's. */
export function problemOf(code: ProblemCode, facts: Record<string, string | number> = {}): ProblemError {
  const row = PROBLEMS[code]
  const fill = (text: string) => text.replace(/{(\w+)}/g, (_, name: string) => String(facts[name] ?? ''))
  return new ProblemError({
    type: `urn:yunqian:problem:${code}`,
    title: code,
    status: row.status,
    code,
    facts,
    zh: fill(row.zh),
    en: fill(row.en),
    fault: row.fault,
    is_retriable: row.is_retriable,
  })
}

/** What a caught value means to a person; anything that is no refusal is a defect of this page. */
export function asProblem(caught: unknown): ProblemError {
  if (caught instanceof ProblemError) return caught
  console.error(caught)
  return problemOf('PAGE_FAILED')
}

let csrf = ''
let onLoginRequired: () => Promise<boolean> = () => Promise.resolve(false)
let onReached: (isReached: boolean, beganAt: number) => void = () => undefined

/**
 * What happens when the server says that nobody is logged in any more; resolves to true once the same person is again.
 * Then what was refused is asked once more: it changed nothing the first time, so nobody loses what he was doing.
 */
export function whenLoginRequired(then: () => Promise<boolean>): void {
  onLoginRequired = then
}

/** Told after every request whether the platform was there to answer it, and when it was asked (performance.now). */
export function whenReached(then: (isReached: boolean, beganAt: number) => void): void {
  onReached = then
}

const NOBODY_BEHIND = [502, 503, 504]

/** One request, told apart: answered, refused, or never come there. */
async function answered(request: () => Promise<Response>): Promise<Response> {
  const beganAt = performance.now()
  let response: Response
  try {
    response = await request()
  } catch {
    onReached(false, beganAt)
    throw problemOf('SERVER_UNREACHABLE')
  }
  const problem = response.ok ? null : await problemFrom(response)
  // A proxy without the platform behind it answers with a page of its own, which is no problem report.
  onReached(!(problem?.code === 'SERVER_UNREACHABLE' && NOBODY_BEHIND.includes(response.status)), beganAt)
  if (problem) throw problem
  return response
}

/** Do it; where the session had ended, once more after the person has logged in again. */
async function loggedIn<Answer>(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act()
  } catch (caught) {
    if (caught instanceof ProblemError && caught.code === 'LOGIN_REQUIRED' && (await onLoginRequired())) return act()
    throw caught
  }
}

/** The session tells the value that every write carries. */
export function useCsrf(value: string): void {
  csrf = value
}

export async function problemFrom(response: Response): Promise<ProblemError> {
  const isProblem = response.headers.get('content-type')?.includes('problem+json') ?? false
  if (!isProblem) return problemOf('SERVER_UNREACHABLE')
  return new ProblemError((await response.json()) as ProblemReport)
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/** Ask the API; resolves to the parsed answer, rejects with a ProblemError. */
export async function ask<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
  const response = await loggedIn(() => {
    const headers: Record<string, string> = { Accept: 'application/json' }
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    if (method !== 'GET') headers['X-CSRFToken'] = csrf
    return answered(() => fetch(`/api${path}`, { method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))
  })
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

/** A file of the API, to be kept; a refusal is a ProblemError and never becomes a file. */
export async function file(path: string): Promise<Blob> {
  const response = await loggedIn(() => answered(() => fetch(`/api${path}`, { headers: { Accept: '*/*' }, credentials: 'same-origin' })))
  return response.blob()
}

/** Send a scan with the fields beside it (multipart). */
export async function sendScan<Answer>(path: string, scan: File, fields: Record<string, string>): Promise<Answer> {
  const form = new FormData()
  form.append('scan', scan)
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  const response = await loggedIn(() => answered(() => fetch(`/api${path}`, { method: 'POST', headers: { Accept: 'application/json', 'X-CSRFToken': csrf }, credentials: 'same-origin', body: form })))
  return (await response.json()) as Answer
}

/**
 * Send one document or a part of one, and what was chosen for it, with progress (0 to 1); fetch cannot tell upload
 * progress, XMLHttpRequest can. `stop` cuts it off, which is told as an unreachable server.
 */
export function send<Answer>(path: string, document: Blob, onProgress: (share: number) => void, choices: Record<string, boolean> = {}, stop?: AbortSignal): Promise<Answer> {
  return loggedIn(() => sent<Answer>(path, document, onProgress, choices, stop))
}

function sent<Answer>(path: string, document: Blob, onProgress: (share: number) => void, choices: Record<string, boolean>, stop?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append('document', document)
    for (const [name, chosen] of Object.entries(choices)) form.append(name, String(chosen))
    request.open('POST', `/api${path}`)
    request.setRequestHeader('X-CSRFToken', csrf)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onabort = () => reject(problemOf('SERVER_UNREACHABLE'))
    request.onerror = () => {
      onReached(false, performance.now())
      reject(problemOf('SERVER_UNREACHABLE'))
    }
    stop?.addEventListener('abort', () => request.abort())
    request.onload = () => {
      const answer = parsed(request.responseText)
      if (request.status < 300) resolve(answer as Answer)
      else reject(isReport(answer) ? new ProblemError(answer) : problemOf('SERVER_UNREACHABLE'))
    }
    request.send(form)
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isReport(value: unknown): value is ProblemReport {
  return typeof value === 'object' && value !== null && 'code' in value && 'zh' in value
}
