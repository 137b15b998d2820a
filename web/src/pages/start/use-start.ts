/** Starting a signing task: one accepted document, a name, the signers and their order. */
import { computed, ref, shallowRef } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { EnvelopeDetail, PersonRef, Upload } from '@/api/schema'
import { useSession } from '@/session'

/** A signer as the page knows him: with an account, or by the number he is addressed by. */
export interface Signer extends PersonRef {
  mobile?: string
}

export function useStart() {
  const { state } = useSession()
  const uploaded = ref<Upload | null>(null)
  const share = ref<number | null>(null)
  const title = ref('')
  const signers = ref<Signer[]>([])
  const isInTurn = ref(false)
  const people = ref<PersonRef[]>([])
  const problem = ref<ProblemError | null>(null)
  const locked = shallowRef<File | null>(null)
  const isSending = ref(false)

  const me = computed(() => state.session?.person ?? null)
  const hasMe = computed(() => signers.value.some((one) => one.id === me.value?.id))
  const others = computed(() => people.value.filter((one) => one.id !== me.value?.id && !signers.value.some((chosen) => chosen.id === one.id)))
  const canSend = computed(() => uploaded.value !== null && title.value.trim() !== '' && signers.value.length > 0)
  const isMyTurnFirst = computed(() => hasMe.value && (!isInTurn.value || signers.value[0]?.id === me.value?.id))

  async function loadPeople(): Promise<void> {
    try {
      people.value = await calls.people()
    } catch (caught) {
      problem.value = asProblem(caught)
    }
  }

  async function upload(document: File, removeProtection = false): Promise<void> {
    problem.value = null
    locked.value = null
    const limit = state.platform?.upload_limit_bytes ?? Infinity
    if (document.size > limit) {
      problem.value = tooLarge(document.size, limit)
      return
    }
    share.value = 0
    try {
      await dropUpload()
      uploaded.value = await calls.upload(document, (reached) => (share.value = reached), removeProtection)
      title.value ||= uploaded.value.name.replace(/\.pdf$/i, '')
    } catch (caught) {
      problem.value = asProblem(caught)
      if (problem.value.code === 'DOCUMENT_PROTECTED') locked.value = document
    } finally {
      share.value = null
    }
  }

  /** The uploader may remove the protection of the document that was just refused for it. */
  async function unlock(): Promise<void> {
    if (locked.value) await upload(locked.value, true)
  }

  async function dropUpload(): Promise<void> {
    if (!uploaded.value) return
    const { id } = uploaded.value
    uploaded.value = null
    await calls.dropUpload(id)
  }

  const add = (person: Signer) => (signers.value = [...signers.value, person])

  /** Somebody outside, by number and name; the same number once. */
  function addByPhone(name: string, mobile: string): void {
    const id = `mobile:${mobile.replace(/\D/g, '').slice(-11)}`
    if (!signers.value.some((one) => one.id === id)) add({ id, name: name.trim(), mobile: mobile.trim() })
  }
  const remove = (id: string) => (signers.value = signers.value.filter((one) => one.id !== id))

  function moveUp(index: number): void {
    const next = [...signers.value]
    const [moved] = next.splice(index, 1)
    if (moved) next.splice(index - 1, 0, moved)
    signers.value = next
  }

  /** Resolves to the started envelope, or null when it was refused (the reason is in `problem`). */
  async function send(): Promise<EnvelopeDetail | null> {
    if (!uploaded.value) return null
    isSending.value = true
    problem.value = null
    try {
      return await calls.startEnvelope({
        upload_ids: [uploaded.value.id],
        title: title.value.trim(),
        recipients: signers.value.map((one, index) => ({
          ...(one.mobile ? { mobile: one.mobile, name: one.name } : { account: one.account ?? '' }),
          turn: isInTurn.value ? index + 1 : 1,
        })),
        deadline_at: null,
      })
    } catch (caught) {
      problem.value = asProblem(caught)
      return null
    } finally {
      isSending.value = false
    }
  }

  return { uploaded, share, title, signers, isInTurn, people, others, me, hasMe, problem, locked, isSending, canSend, isMyTurnFirst, loadPeople, upload, unlock, dropUpload, add, addByPhone, remove, moveUp, send }
}

function tooLarge(bytes: number, limit: number): ProblemError {
  const mb = (value: number) => (value / 1_048_576).toFixed(1).replace(/\.0$/, '')
  return problemOf('DOCUMENT_TOO_LARGE', { size_mb: mb(bytes), limit_mb: mb(limit) })
}
