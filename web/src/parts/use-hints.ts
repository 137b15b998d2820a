/**
 * Which first-time hints a person has put away, remembered in this browser for this person.
 *
 * It is a convenience and no record: whoever sits at another computer is told once more. A browser that keeps nothing
 * (private window, storage refused) shows the hint each time and works all the same.
 */
import { computed, ref, type Ref } from 'vue'
import { useSession } from '@/session'

const STORED = 'yunqian.hints'

function read(key: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one === 'string') : []
  } catch {
    return []
  }
}

/** Whether the hint of that name is still to be shown, and how to put it away. */
export function useHint(name: string): { isShown: Ref<boolean>; putAway: () => void } {
  const { state } = useSession()
  const key = computed(() => `${STORED}.${state.session?.person.id ?? ''}`)
  const changes = ref(0)
  const isShown = computed(() => changes.value >= 0 && state.session !== null && !read(key.value).includes(name))
  function putAway(): void {
    try {
      localStorage.setItem(key.value, JSON.stringify([...new Set([...read(key.value), name])]))
    } catch {
      /* Shown again next time. */
    }
    changes.value += 1
  }
  return { isShown, putAway }
}
