import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Key, KeyList } from '@/api/schema'

/** A client that tells of its changes, as long as it is asked for it at all. */
class Told {
  static last: Told | null = null
  static readonly OPEN = 1
  readyState = 1
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  constructor(readonly address: string) {
    Told.last = this
  }
  say(list: KeyList): void {
    this.onmessage?.({ data: JSON.stringify(list) })
  }
  close(): void {
    this.readyState = 3
    this.onclose?.()
  }
}

const key = (serial: string): Key => ({ serial, label: serial, driver: 'soft', is_demo: true, certificates: [], tries_left: 6 })
const list = (generation: number, ...serials: string[]): KeyList => ({ generation, keys: serials.map(key) })
let plugged = list(1, 'A')
const asked: string[] = []

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetModules()
  vi.stubGlobal('WebSocket', Told)
  Told.last = null
  asked.length = 0
  plugged = list(1, 'A')
  vi.stubGlobal('fetch', (address: string) => {
    asked.push(new URL(address).pathname)
    const body = address.endsWith('/hello') ? { protocol: 1, version: '0.1.0', has_desktop_window: false } : plugged
    return Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } }))
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

async function watched() {
  const { configureClient, useClient } = await import('./use-client')
  configureClient([17311], 1)
  const client = useClient()
  const stop = client.watch()
  await vi.advanceTimersByTimeAsync(10)
  return { client, stop }
}

const serials = (keys: readonly Key[]) => keys.map(({ serial }) => serial)

test('a change that the client tells is seen at once, and it is not asked again meanwhile', async () => {
  const { client } = await watched()
  expect(Told.last?.address).toBe('ws://127.0.0.1:17311/events')
  Told.last?.say(list(2, 'A', 'B'))
  expect(serials(client.state.keys)).toEqual(['A', 'B'])
  const before = asked.length
  await vi.advanceTimersByTimeAsync(20_000)
  expect(asked.length).toBe(before)
})

test('a client that stops telling is asked as before, and told to tell again later', async () => {
  const { client } = await watched()
  const first = Told.last
  plugged = list(3, 'C')
  first?.close()
  await vi.advanceTimersByTimeAsync(10)
  expect(serials(client.state.keys)).toEqual(['C'])
  expect(Told.last).toBe(first)
  await vi.advanceTimersByTimeAsync(14_000)
  expect(Told.last).not.toBe(first)
})

test('when nobody watches any more the client is left alone', async () => {
  const { stop } = await watched()
  stop()
  expect(Told.last?.readyState).toBe(3)
  await vi.advanceTimersByTimeAsync(10)
  const before = asked.length
  await vi.advanceTimersByTimeAsync(30_000)
  expect(asked.length).toBe(before)
})

/** A page of the network, in a browser that answers its question by `decide`. */
function onTheNetwork(decide: () => PermissionState) {
  vi.stubGlobal('location', { hostname: 'sign.example.gov' })
  let access: PermissionState = 'prompt'
  vi.stubGlobal('navigator', { permissions: { query: () => Promise.resolve({ state: access }) } })
  const answering = globalThis.fetch
  vi.stubGlobal('fetch', (address: string) => {
    access = decide()
    if (access === 'granted') return answering(address)
    asked.push('question')
    return Promise.reject(new TypeError('Failed to fetch'))
  })
}

test('a page of the network asks the browser only on a click, and again only on another', async () => {
  onTheNetwork(() => 'prompt')
  const { client } = await watched()
  await vi.advanceTimersByTimeAsync(10_000)
  expect([client.state.phase, asked]).toEqual(['ask', []])
  await client.look()
  expect([client.state.phase, client.state.problem?.code]).toEqual(['ask', 'CLIENT_NOT_FOUND'])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(asked).toEqual(['question'])
})

test('after a refusal the page goes on by itself when the person allows it in the settings', async () => {
  let decided: PermissionState = 'denied'
  onTheNetwork(() => decided)
  const { client } = await watched()
  await client.look()
  expect([client.state.phase, client.state.access]).toEqual(['absent', 'denied'])
  decided = 'granted'
  await vi.advanceTimersByTimeAsync(3_000)
  expect(client.state.phase).toBe('here')
})
