/** How many notices are unread, asked for calmly: once a minute, and never while nobody looks at the page. */
import { onBeforeUnmount, onMounted, reactive, readonly } from 'vue'
import { unread } from '@/api/notices'
import type { Unread } from '@/api/schema'

const EVERY_MS = 60_000
const state = reactive<{ unread: Unread }>({ unread: { count: 0, is_more: false } })

export function tellUnread(found: Unread): void {
  state.unread = found
}

export function useUnread() {
  let timer: ReturnType<typeof setInterval> | undefined

  async function look(): Promise<void> {
    if (document.visibilityState !== 'visible') return
    try {
      tellUnread(await unread())
    } catch {
      // What stops it is told where the person acts; the next look comes by itself.
    }
  }
  const seen = () => void look()

  onMounted(() => {
    void look()
    timer = setInterval(seen, EVERY_MS)
    document.addEventListener('visibilitychange', seen)
  })
  onBeforeUnmount(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', seen)
  })
  return { state: readonly(state) as { readonly unread: Unread } }
}
