/** Starting a signing task: documents, who signs in which order, until when; kept as a draft while it is prepared. */
import { computed, ref, watch } from 'vue'
import * as calls from '@/api/calls'
import * as kept from '@/api/drafts'
import { asProblem, type ProblemError } from '@/api/client'
import type { Contact, Draft, DraftContent, EnvelopeDetail, PersonRef, PreflightFinding, SigningOrder } from '@/api/schema'
import { preflight } from '@/api/uploads'
import { useSession } from '@/session'
import { placesKept, placesWanted, type Proposed } from './places'
import { first, ofDraft, ofPerson, wanted, type Signer } from './signers'
import { useDraft } from './use-draft'
import { useUploads } from './use-upload'

const PREFLIGHT_MS = 400

export function useStart() {
  const { state } = useSession()
  const uploads = useUploads()
  const title = ref('')
  const signers = ref<Signer[]>([])
  const order = ref<SigningOrder>('together')
  const deadline = ref<Date | null>(null)
  const remindBefore = ref<number | null>(null)
  const remindEvery = ref<number | null>(null)
  const places = ref<Proposed[]>([])
  const people = ref<PersonRef[]>([])
  const contacts = ref<Contact[]>([])
  const drafts = ref<Draft[]>([])
  const findings = ref<PreflightFinding[] | null>(null)
  const mayBeSent = ref(true)
  const problem = ref<ProblemError | null>(null)
  const isSending = ref(false)

  const accepted = uploads.accepted
  const me = computed(() => state.session?.person ?? null)
  const hasMe = computed(() => signers.value.some((one) => one.id === me.value?.id))
  const others = computed(() => people.value.filter((one) => one.id !== me.value?.id && !has(one.id)))
  const known = computed(() => contacts.value.filter((one) => !has(`contact:${one.id}`) && !signers.value.some((chosen) => chosen.name === one.name)))
  const signing = computed(() => signers.value.filter((one) => !one.is_copy))
  const isReady = computed(() => accepted.value.length > 0 && !uploads.isBusy.value && title.value.trim() !== '' && signing.value.length > 0)
  const canSend = computed(() => isReady.value && mayBeSent.value && !isSending.value)
  const called = computed(() => first(signers.value, order.value))
  const isMyTurnFirst = computed(() => called.value.some((one) => one.id === me.value?.id))
  const isEmpty = computed(() => accepted.value.length === 0 && signers.value.length === 0 && title.value.trim() === '')

  const content = (): DraftContent | null =>
    isEmpty.value
      ? null
      : {
          title: title.value,
          uploads: [...accepted.value],
          recipients: [...signers.value],
          order: order.value,
          deadline_at: deadline.value?.toISOString() ?? null,
          remind_before_hours: remindBefore.value,
          remind_every_days: remindEvery.value,
          places: placesWanted(places.value, accepted.value, signers.value),
        }
  const draft = useDraft(content)

  watch(
    () => accepted.value[0]?.name,
    (name) => name && (title.value ||= name.replace(/\.(pdf|docx?)$/i, '')),
  )
  watch(deadline, (now) => now || (remindBefore.value = null))

  const has = (id: string) => signers.value.some((one) => one.id === id)
  const add = (one: Signer) => has(one.id) || signers.value.push(one)
  const addMe = () => me.value && add(ofPerson(me.value))

  async function load(): Promise<void> {
    try {
      ;[people.value, contacts.value, drafts.value] = await Promise.all([calls.people(), kept.contacts(), kept.drafts()])
    } catch (caught) {
      problem.value = asProblem(caught)
    }
  }

  /** Go on with a draft; documents that are no longer kept have to be chosen again. */
  function resume(one: Draft): void {
    const { content: was } = one
    title.value = was.title ?? ''
    uploads.restore((was.uploads ?? []).filter((upload) => !one.gone?.includes(upload.id)))
    signers.value = (was.recipients ?? []).map(ofDraft)
    order.value = was.order ?? 'together'
    deadline.value = was.deadline_at ? new Date(was.deadline_at) : null
    remindBefore.value = was.remind_before_hours ?? null
    remindEvery.value = was.remind_every_days ?? null
    places.value = placesKept(was.places ?? [], was.uploads ?? [], signers.value)
    drafts.value = []
    draft.take(one)
  }

  async function forget(one: Draft): Promise<void> {
    drafts.value = drafts.value.filter((other) => other.id !== one.id)
    await kept.dropDraft(one.id).catch((caught: unknown) => (problem.value = asProblem(caught)))
  }

  const recipients = () => wanted(signers.value, order.value)
  const asked = computed(() => (isReady.value ? JSON.stringify([accepted.value.map((one) => one.id), recipients(), deadline.value]) : ''))
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(asked, (now) => {
    clearTimeout(timer)
    findings.value = null
    mayBeSent.value = true
    if (now) timer = setTimeout(() => void look(now), PREFLIGHT_MS)
  })

  /** What would stop a signer later. That it cannot be asked stops nobody from sending. */
  async function look(now: string): Promise<void> {
    try {
      const answer = await preflight({ upload_ids: accepted.value.map((one) => one.id), recipients: recipients(), deadline_at: deadline.value?.toISOString() ?? null })
      if (now !== asked.value) return
      findings.value = [...answer.findings]
      mayBeSent.value = answer.may_send
    } catch (caught) {
      if (now === asked.value) problem.value = asProblem(caught)
    }
  }

  /** Resolves to the started envelope, or null when it was refused (the reason is in `problem`). */
  async function send(): Promise<EnvelopeDetail | null> {
    isSending.value = true
    problem.value = null
    const draftId = await draft.close()
    try {
      return await calls.startEnvelope({
        upload_ids: accepted.value.map((one) => one.id),
        title: title.value.trim(),
        recipients: recipients(),
        deadline_at: deadline.value?.toISOString() ?? null,
        remind_before_hours: remindBefore.value,
        remind_every_days: remindEvery.value,
        places: placesWanted(places.value, accepted.value, signers.value),
        draft_id: draftId,
      })
    } catch (caught) {
      problem.value = asProblem(caught)
      draft.reopen()
      return null
    } finally {
      isSending.value = false
    }
  }

  return { uploads, accepted, title, signers, signing, order, deadline, remindBefore, remindEvery, places, others, known, me, hasMe, drafts, draft, findings, problem, isReady, isSending, canSend, called, isMyTurnFirst, isEmpty, add, addMe, load, resume, forget, send }
}

export type Start = ReturnType<typeof useStart>
