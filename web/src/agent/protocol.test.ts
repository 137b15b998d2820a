/** The page's half of the golden vectors: it asks as they say, and understands every answer in them. */
import { afterEach, expect, test, vi } from 'vitest'
import vectors from '../../../tests/vectors/client-protocol.json'
import { ProblemError } from '@/api/client'
import type { DialogState, Hello, NamedKey, SignedOrder } from '@/api/schema'
import { batchCode, checkCode } from './check-code'
import { PROTOCOL, SecurityClient } from './client'
import { VECTORS } from './protocol.vectors'
import { runDialog, type Kind } from './sign'

interface Step {
  method?: string
  path?: string
  order?: string
  body?: unknown
  code?: string
  status?: number
  shape?: string
  answer?: unknown
}
const ADDRESS = 'http://127.0.0.1:17311'
const orders = vectors.orders as Record<string, SignedOrder>
const scenes = vectors.scenes as unknown as { name: string; steps: Step[] }[]
const client = new SecurityClient(ADDRESS, VECTORS['hello 1'] as Hello)

/** How the page asks for this; null for what no page of a platform asks: windows, strangers, broken messages. */
function asking(step: Step): (() => Promise<unknown>) | null {
  const [path = '', query] = (step.path ?? '').split('?')
  const dialogId = path.split('/')[2] ?? ''
  if (query && query !== 'wait=0') return null
  switch (`${step.method} ${path.replace(/^\/dialogs\/.+/, '/dialogs/{}')}`) {
    case 'GET /keys':
      return () => client.keys()
    case 'POST /dialogs':
      return step.order ? () => client.open(orders[step.order as string] as SignedOrder) : null
    case 'GET /dialogs/{}':
      return () => client.state(dialogId)
    case 'DELETE /dialogs/{}':
      return () => client.cancel(dialogId)
    case 'POST /pin-changes':
      return () => client.changePin((step.body as { key: NamedKey }).key)
    case 'POST /unlock-requests':
      return () => client.requestUnlock(step.body as NamedKey)
    default:
      return null
  }
}

const asked = scenes.flatMap(({ name, steps }) =>
  steps.flatMap((step, index) => {
    const ask = asking(step)
    return ask ? [{ place: `${name} ${index + 1}`, step, ask }] : []
  }),
)

function stepsOf(name: string): Step[] {
  const scene = scenes.find((one) => one.name === name)
  if (!scene) throw new Error(`no scene ${name}`)
  return scene.steps
}

function answering(step: Step) {
  const kind = (step.status ?? 200) < 400 ? 'application/json' : 'application/problem+json'
  const answer = new Response(JSON.stringify(step.answer), { status: step.status ?? 200, headers: { 'Content-Type': kind } })
  return vi.spyOn(globalThis, 'fetch').mockResolvedValue(answer)
}

afterEach(() => {
  vi.restoreAllMocks()
  sessionStorage.clear()
})

test('the page and the vectors speak the same protocol, and most of it is asked by pages', () => {
  expect(vectors.protocol).toBe(PROTOCOL)
  expect(asked.length).toBeGreaterThan(60)
})

test.each(asked)('$place is asked as it stands and understood', async ({ step, ask }) => {
  const fetched = answering(step)
  const outcome = await ask().catch((caught: unknown) => caught)
  if (step.shape === 'ProblemReport') {
    expect(outcome).toBeInstanceOf(ProblemError)
    expect((outcome as ProblemError).report).toEqual(step.answer)
  } else {
    expect(outcome).toEqual(step.answer)
  }
  const [address, sent] = fetched.mock.calls[0] as [string, RequestInit]
  expect(address.split('?')[0]).toBe(ADDRESS + (step.path as string).split('?')[0])
  expect(sent.method).toBe(step.method)
  const wanted = step.order ? orders[step.order] : step.body
  const body = sent.body as string | undefined
  if (!(step.code === 'REQUEST_INVALID' && step.path === '/pin-changes'))
    expect(body === undefined ? undefined : JSON.parse(body)).toEqual(wanted)
})

const acts: [Kind, string][] = [
  ['sign', 'sign'],
  ['sign', 'sign-seen'],
  ['sign_batch', 'sign-batch-partly'],
  ['login', 'login'],
  ['enrol', 'enrol'],
  ['store', 'store'],
  ['unlock', 'unlock'],
  ['change_pin', 'change-pin'],
]

test.each(acts)('a dialog to %s gives the result of scene %s', async (kind, name) => {
  const steps = stepsOf(name)
  const opened = steps.find((step) => step.shape === 'DialogOpened')?.answer as { dialog_id: string; window_url: string }
  const states = steps.filter((step) => step.shape === 'DialogState').map((step) => step.answer as DialogState)
  const final = states.at(-1) as DialogState
  const left = [...states]
  const followed = {
    state: vi.fn(() => Promise.resolve(left.shift() ?? final)),
    cancel: vi.fn(() => Promise.reject(new Error('nobody closed the window'))),
  }
  const view = { isClosed: false, show: vi.fn(() => true) }
  const watcher = { onBlocked: vi.fn(), onTold: vi.fn() }
  await expect(runDialog(followed, kind, () => Promise.resolve(opened), view, watcher)).resolves.toEqual(final.result)
  expect(view.show).toHaveBeenCalledExactlyOnceWith(opened.window_url)
})

test('a refused dialog is the problem that its state names', async () => {
  const refused = scenes.flatMap(({ steps }) => steps).filter(({ answer }) => (answer as DialogState)?.phase === 'refused')
  expect(refused.length).toBeGreaterThan(4)
  for (const { answer } of refused.filter(({ shape }) => shape === 'DialogState')) {
    const state = answer as DialogState
    const followed = { state: () => Promise.resolve(state), cancel: () => Promise.resolve(state) }
    const opened = { dialog_id: state.dialog_id, window_url: null }
    const view = { isClosed: false, show: () => true }
    const caught = await runDialog(followed, state.kind ?? 'sign', () => Promise.resolve(opened), view, {
      onBlocked: vi.fn(),
      onTold: vi.fn(),
    }).catch((error: unknown) => error)
    expect((caught as ProblemError).code).toBe(state.problem?.code)
  }
})

test('the code that the panel shows is the one that the client shows', async () => {
  const order = VECTORS['order sign'] as { to_be_signed: string }
  expect(await checkCode(order.to_be_signed)).toBe(vectors.codes.check_code)
})

test('the one code of a batch is the one that the client shows', async () => {
  const batch = VECTORS['order batch'] as { items: { order: { payload: string } }[] }
  const parts = batch.items.map(({ order }) => (JSON.parse(order.payload) as { to_be_signed: string }).to_be_signed)
  expect(await batchCode(parts)).toBe(vectors.codes.batch_code)
})

test('what is settled of a batch is told while the rest still waits, each document once', async () => {
  const steps = stepsOf('sign-batch-begun').filter(({ shape }) => shape === 'DialogState')
  const [waiting, final] = steps.map(({ answer }) => answer as DialogState) as [DialogState, DialogState]
  const left = [waiting, waiting, final]
  const onOutcomes = vi.fn()
  const followed = { state: () => Promise.resolve(left.shift() as DialogState), cancel: vi.fn() }
  await runDialog(followed, 'sign_batch', () => Promise.resolve({ dialog_id: 'd', window_url: null }), { isClosed: false, show: () => true }, {
    onBlocked: vi.fn(),
    onTold: vi.fn(),
    onOutcomes,
  })
  expect(onOutcomes.mock.calls.map(([told]) => (told as unknown[]).length)).toEqual([1, 1])
})
