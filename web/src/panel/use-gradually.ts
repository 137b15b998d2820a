/** A long row of things made a few at a time, so that the first of them are seen before the last one is made. */
import { onScopeDispose, ref, watch } from 'vue'

const FIRST = 8
const PATIENCE_MS = 500

/**
 * How many of `count()` things are to be made by now. Beyond the first few it doubles, once `begin()` has resolved,
 * whenever the browser has nothing better to do; `makeAll` is for who wants to see one of the others now.
 */
export function useGradually(count: () => number, begin: () => Promise<void>) {
  const ready = ref(0)
  let isGrowing = false
  let isOver = false

  function grow(): void {
    isGrowing = !isOver && ready.value < count()
    if (!isGrowing) return
    ready.value = Math.min(count(), 2 * ready.value)
    whenIdle(grow)
  }
  function begun(): void {
    if (isGrowing || isOver) return
    isGrowing = true
    whenIdle(grow)
  }
  function makeAll(): void {
    ready.value = count()
  }
  watch(
    count,
    (total) => {
      ready.value = Math.min(Math.max(ready.value, FIRST), total)
      void begin().then(begun)
    },
    { immediate: true },
  )
  onScopeDispose(() => (isOver = true))
  return { ready, makeAll }
}

/** Not every browser tells when it is idle. */
function whenIdle(then: () => void): void {
  if ('requestIdleCallback' in window) window.requestIdleCallback(then, { timeout: PATIENCE_MS })
  else setTimeout(then)
}
