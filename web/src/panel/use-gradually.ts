/** A long row of things made a few at a time, so that the first of them are seen before the last one is made. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'

const FIRST = 8
const MORE = 40

/** How many of `count()` things are to be made by now; it grows with every frame that the browser shows. */
export function useGradually(count: () => number): Ref<number> {
  const ready = ref(0)
  let waiting = 0

  function grow(): void {
    waiting = 0
    if (ready.value >= count()) return
    ready.value = Math.min(count(), ready.value + MORE)
    waiting = requestAnimationFrame(grow)
  }
  watch(
    count,
    (total) => {
      ready.value = Math.min(Math.max(ready.value, FIRST), total)
      if (!waiting) waiting = requestAnimationFrame(grow)
    },
    { immediate: true },
  )
  onScopeDispose(() => cancelAnimationFrame(waiting))
  return ready
}
