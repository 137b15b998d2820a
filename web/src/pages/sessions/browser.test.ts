import { expect, test } from 'vitest'
import { browserNamed } from './browser'

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0', 'Edge · Windows'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/140.0 Safari/537.36', 'Chrome · Linux'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1 Version/26.0 Safari/604.1', 'Safari · iOS'],
  ['Mozilla/5.0 (Linux; Android 16; Mobile) Chrome/140.0 MicroMessenger/8.0', 'WeChat · Android'],
  ['Mozilla/5.0 (Windows NT 10.0) Chrome/108.0 Safari/537.36 QIHU 360SE', '360 · Windows'],
  ['curl/8.5', null],
  ['', null],
])('%s is %s', (agent, name) => {
  expect(browserNamed(agent)).toBe(name)
})
