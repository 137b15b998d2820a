/** Which pages came into view and for how long the panel was looked at: told with the signature, never demanded. */
import { computed, onBeforeUnmount, onMounted, ref, watch, type Ref } from 'vue'

/** A page counts as seen when it stood in the middle of the view for so long. */
const SEEN_MS = 600

export function useReading(current: Ref<number>, pageCount: () => number) {
  const seen = ref<ReadonlySet<number>>(new Set())
  const seconds = ref(0)
  let timer: ReturnType<typeof setTimeout> | undefined
  let clock: ReturnType<typeof setInterval> | undefined

  function look(): void {
    clearTimeout(timer)
    const page = current.value
    timer = setTimeout(() => (seen.value = new Set([...seen.value, page])), SEEN_MS)
  }
  watch(current, look)

  onMounted(() => {
    look()
    clock = setInterval(() => document.visibilityState === 'visible' && (seconds.value += 1), 1000)
  })
  onBeforeUnmount(() => {
    clearTimeout(timer)
    clearInterval(clock)
  })

  /** Another document is shown: what was seen of the one before is told already. */
  function restart(): void {
    seen.value = new Set()
    seconds.value = 0
    look()
  }

  const told = computed(() => ({ pages: [...seen.value].filter((page) => page <= pageCount()).length, seconds: seconds.value }))
  const unseen = computed(() => Math.max(0, pageCount() - told.value.pages))
  return { told, unseen, restart }
}
