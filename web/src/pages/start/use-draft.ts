/** What is being prepared is kept by itself, a moment after each change; a second window overwrites nothing. */
import { getCurrentScope, onScopeDispose, ref, shallowRef, watch } from 'vue'
import * as calls from '@/api/drafts'
import { asProblem, type ProblemError } from '@/api/client'
import type { Draft, DraftContent } from '@/api/schema'

const QUIET_MS = 1000

/** `content` is null while there is nothing worth keeping. */
export function useDraft(content: () => DraftContent | null) {
  const kept = shallowRef<Draft | null>(null)
  const savedAt = ref<Date | null>(null)
  const problem = ref<ProblemError | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = ''
  let running: Promise<void> = Promise.resolve()
  let isOver = false

  watch(() => JSON.stringify(content()), later)

  function later(): void {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(() => void save(), QUIET_MS)
  }

  /** One save after another, each from the version of the one before. */
  function save(): Promise<void> {
    clearTimeout(timer)
    running = running.then(keep)
    return running
  }

  async function keep(): Promise<void> {
    const now = content()
    const text = JSON.stringify(now)
    if (isOver || !now || text === last) return
    try {
      kept.value = kept.value ? await calls.saveDraft(kept.value.id, kept.value.version, now) : await calls.beginDraft(now)
      problem.value = null
      last = text
      savedAt.value = new Date()
    } catch (caught) {
      problem.value = asProblem(caught)
      // Saving on would overwrite the other window, or bring back what was thrown away.
      if (['DRAFT_MOVED', 'DRAFT_NOT_FOUND'].includes(problem.value.code)) isOver = true
    }
  }

  /** Go on with a draft that is kept already; what the page then holds counts as saved. */
  function take(draft: Draft): void {
    kept.value = draft
    isOver = false
    last = JSON.stringify(content())
    savedAt.value = new Date(draft.changed_at)
  }

  /** Save no more: it is being sent. Resolves to the draft's identifier, null where there is none. */
  async function close(): Promise<string | null> {
    clearTimeout(timer)
    await running
    isOver = true
    return kept.value?.id ?? null
  }

  /** It was not sent after all. */
  const reopen = () => (isOver = false)

  /** Forget it. */
  async function drop(): Promise<void> {
    const id = await close()
    if (id) await calls.dropDraft(id)
    kept.value = null
  }

  if (getCurrentScope()) onScopeDispose(() => clearTimeout(timer))
  return { kept, savedAt, problem, save, take, close, reopen, drop }
}
