/** One of the lists: loaded page by page; what is looked for stands in the address, and loading follows from there. */
import { onBeforeUnmount, reactive, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { envelopes, type ListName, NOTHING, type Search } from '@/api/lists'
import { asProblem, type ProblemError } from '@/api/client'
import type { EnvelopeSummary } from '@/api/schema'
import { fromAddress, isSame, type Part, toAddress } from './search'

const TYPING_PAUSE = 400

export function useList(list: ListName) {
  const route = useRoute()
  const router = useRouter()
  const rows = ref<EnvelopeSummary[]>([])
  const cursor = ref<string | null>(null)
  const problem = ref<ProblemError | null>(null)
  const isLoading = ref(false)
  const isLoaded = ref(false)
  /** What stands in the fields, and what the shown lines were found by. */
  const search = reactive<Search>({ ...NOTHING })
  const searched = ref<Search>({ ...NOTHING })
  let asking = 0
  let pause: ReturnType<typeof setTimeout> | undefined
  let isTyped = false
  let put: Search | null = null

  async function load(from: string | null): Promise<void> {
    const mine = (asking += 1)
    isLoading.value = true
    problem.value = null
    try {
      const page = await envelopes(list, searched.value, from)
      if (mine !== asking) return // something else was looked for meanwhile
      rows.value = from ? [...rows.value, ...page.items] : [...page.items]
      cursor.value = page.next_cursor
      isLoaded.value = true
    } catch (caught) {
      if (mine === asking) problem.value = asProblem(caught)
    } finally {
      if (mine === asking) isLoading.value = false
    }
  }

  /** Put the search into the address. What is typed on the way is one step of "back", not one for each letter. */
  function find(byTyping = false): void {
    clearTimeout(pause)
    if (isSame(search, fromAddress(route.query))) {
      if (!byTyping) isTyped = false
      return
    }
    put = { ...search }
    const to = { query: toAddress(search) }
    void (byTyping && isTyped ? router.replace(to) : router.push(to))
    isTyped = byTyping
  }
  function typed(): void {
    clearTimeout(pause)
    pause = setTimeout(() => find(true), TYPING_PAUSE)
  }
  function drop(part: Part): void {
    Object.assign(search, { [part]: '' })
    find()
  }
  function dropAll(): void {
    Object.assign(search, NOTHING)
    find()
  }

  watch(
    () => route.query,
    (query) => {
      searched.value = fromAddress(query)
      // What is typed on meanwhile is not taken from under the hands; back, forward and links fill the fields.
      if (!put || !isSame(put, searched.value)) Object.assign(search, searched.value)
      put = null
      void load(null)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => clearTimeout(pause))

  return { rows, cursor, problem, isLoading, isLoaded, search, searched, find, typed, drop, dropAll, more: () => load(cursor.value), again: () => load(null) }
}
