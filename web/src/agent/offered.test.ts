import { afterEach, expect, test, vi } from 'vitest'
import vectors from '../../../tests/vectors/client-protocol.json'
import { desktopOf, downloadOf, offeredClient } from './offered'

const LINUX = 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0'
const signed = vectors.messages['signed-release'].message

function answering(body: unknown, status = 200) {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { status })))
}
afterEach(() => vi.unstubAllGlobals())

test('the archive for this computer comes first, the others after it', async () => {
  answering(signed)
  const offered = await offeredClient(LINUX)
  expect(offered?.version).toBe('9.9.9')
  expect(offered?.mine?.system).toBe('linux')
  expect(offered?.others.map(({ system }) => system)).toEqual(['windows'])
})

test('a telephone is offered what other computers take', async () => {
  answering(signed)
  expect((await offeredClient('Mozilla/5.0 (Linux; Android 16) Mobile'))?.mine).toBeNull()
})

test.each([
  ['nothing', {}, 404],
  ['what is no release', { payload: '{}', signature: '' }, 200],
  ['what is no message', 'hello', 200],
])('a platform that offers %s offers nothing', async (_, body, status) => {
  answering(body, status)
  expect(await offeredClient(LINUX)).toBeNull()
})

test('the address of an archive holds its name and nothing else', () => {
  expect(downloadOf({ system: 'linux', machine: 'x86_64', name: 'a b/../c', size: 1, sha256: '' })).toBe('/downloads/client/a%20b%2F..%2Fc')
})

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36', 'windows'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/132.0.0.0 Safari/537.36 UOS', 'uos'],
  ['Mozilla/5.0 (X11; Linux aarch64; Kylin) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36', 'kylin'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36', 'linux'],
])('of %s the steps for %s are shown first', (agent, desktop) => {
  expect(desktopOf(agent)).toBe(desktop)
})
