import { afterEach, expect, test, vi } from 'vitest'
import { createApp, defineComponent, h } from 'vue'
import { useUnread } from './use-unread'

const asked = vi.hoisted(() => vi.fn(() => Promise.resolve({ count: 3, is_more: false })))
vi.mock('@/api/notices', () => ({ unread: asked }))

const Bell = defineComponent({
  setup: () => {
    const { state } = useUnread()
    return () => h('b', String(state.unread.count))
  },
})
const look = (state: DocumentVisibilityState) => vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)

function mounted() {
  const place = document.createElement('div')
  const app = createApp(Bell)
  app.mount(place)
  return { place, app }
}

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

test('it asks at once, then once a minute, and not while nobody looks', async () => {
  vi.useFakeTimers()
  asked.mockClear()
  const visible = look('visible')
  const { place, app } = mounted()
  await vi.advanceTimersByTimeAsync(0)
  expect(place.textContent).toBe('3')
  await vi.advanceTimersByTimeAsync(60_000)
  expect(asked).toHaveBeenCalledTimes(2)
  visible.mockReturnValue('hidden')
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toHaveBeenCalledTimes(2)
  visible.mockReturnValue('visible')
  document.dispatchEvent(new Event('visibilitychange'))
  expect(asked).toHaveBeenCalledTimes(3)
  app.unmount()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toHaveBeenCalledTimes(3)
})

test('a platform that is away keeps the count that was there', async () => {
  vi.useFakeTimers()
  look('visible')
  asked.mockRejectedValueOnce(new Error('away'))
  const { place, app } = mounted()
  await vi.advanceTimersByTimeAsync(0)
  expect(place.textContent).toBe('3')
  app.unmount()
})
