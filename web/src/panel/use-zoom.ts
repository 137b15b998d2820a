/** Zoom steps of the page view; `fit` is the width of the room that is there. */
import { computed, ref } from 'vue'

const STEPS = [0.4, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3]
const MARGIN_PIXELS = 40
/** Wider pages would show less of their height than a person needs to find the place for a seal. */
const WIDEST = 1.2

export function useZoom() {
  const scale = ref(1)

  function fit(roomPixels: number, widthPt: number): void {
    scale.value = Math.max(0.3, Math.min(WIDEST, (roomPixels - MARGIN_PIXELS) / widthPt))
  }

  const zoomIn = () => (scale.value = STEPS.find((step) => step > scale.value + 0.01) ?? scale.value)
  const zoomOut = () => (scale.value = STEPS.findLast((step) => step < scale.value - 0.01) ?? scale.value)
  return { scale, fit, zoomIn, zoomOut, percent: computed(() => Math.round(scale.value * 100)) }
}
