import { expect, test } from 'vitest'
import { browserOf } from './browser'

const AGENT = (rest: string) => `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) ${rest}`

test.each([
  ['Chrome', AGENT('Chrome/142.0.0.0 Safari/537.36'), 'good'],
  ['360 in its fast mode', AGENT('Chrome/132.0.6834.83 Safari/537.36 QIHU 360SE'), 'good'],
  ['Edge', AGENT('Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0'), 'good'],
  ['an old 360', AGENT('Chrome/86.0.4240.198 Safari/537.36'), 'old'],
  ['the old Edge, of another engine', AGENT('Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763'), 'old'],
  ['Firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'other'],
  ['Safari', 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15', 'other'],
  ['Chrome on an iPhone, which is Safari inside', 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1', 'other'],
])('%s is known for what it is', (_name, agent, standing) => {
  expect(browserOf(agent).standing).toBe(standing)
})

test('what the browser tells in brands counts more than its user agent line', () => {
  expect(browserOf(AGENT('Chrome/90.0.0.0'), [{ brand: 'Chromium', version: '142' }])).toEqual({ standing: 'good', version: 142 })
})
