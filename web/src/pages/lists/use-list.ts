/** One of the three lists: loaded page by page, searched by name; the address holds the search. */
import { ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { envelopes, type ListName } from '@/api/calls'
import { asProblem, type ProblemError } from '@/api/client'
import type { EnvelopeSummary } from '@/api/schema'

export function useList(list: ListName) {
  const route = useRoute()
  const router = useRouter()
  const rows = ref<EnvelopeSummary[]>([])
  const cursor = ref<string | null>(null)
  const problem = ref<ProblemError | null>(null)
  const isLoading = ref(false)
  const isLoaded = ref(false)
  const search = ref('')
  const searched = ref('')

  async function load(from: string | null): Promise<void> {
    isLoading.value = true
    problem.value = null
    try {
      const page = await envelopes(list, searched.value, from)
      rows.value = from ? [...rows.value, ...page.items] : [...page.items]
      cursor.value = page.next_cursor
      isLoaded.value = true
    } catch (caught) {
      problem.value = asProblem(caught)
    } finally {
      isLoading.value = false
    }
  }

  /** Put the search into the address; loading follows from there, so back and bookmarks work. */
  function find(text: string): void {
    const q = text.trim()
    void router.replace({ query: q ? { q } : {} })
  }

  watch(
    () => route.query['q'],
    (q) => {
      search.value = searched.value = typeof q === 'string' ? q : ''
      void load(null)
    },
    { immediate: true },
  )

  return { rows, cursor, problem, isLoading, isLoaded, search, searched, find, more: () => load(cursor.value), again: () => load(null) }
}
