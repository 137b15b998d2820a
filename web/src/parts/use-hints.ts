/**
 * Which first-time hints a person has put away, remembered in this browser for this person.
 *
 * It is a convenience and no record: whoever sits at another computer is told once more. A browser that keeps nothing
 * (private window, storage refused) shows the hint each time and works all the same.
 */
import { computed, ref, type Ref } from 'vue'
import { useSession } from '@/session'
import { remember, remembered } from './remembered'

const STORED = 'yunqian.hints'

const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const read = (key: string) => (remembered(key, isList) ?? []).filter((one) => typeof one === 'string')

/** Whether the hint of that name is still to be shown, and how to put it away. */
export function useHint(name: string): { isShown: Ref<boolean>; putAway: () => void } {
  const { state } = useSession()
  const key = computed(() => `${STORED}.${state.session?.person.id ?? ''}`)
  const changes = ref(0)
  const isShown = computed(() => changes.value >= 0 && state.session !== null && !read(key.value).includes(name))
  function putAway(): void {
    remember(key.value, [...new Set([...read(key.value), name])])
    changes.value += 1
  }
  return { isShown, putAway }
}
