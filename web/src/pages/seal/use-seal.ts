/** The sealing panel: what was loaded, what is chosen, and what the person may do next. */
import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import * as calls from '@/api/calls'
import { asProblem, type ProblemError } from '@/api/client'
import type { Ceremony, Key, KeyCertificate, OpenCeremony, Panel, SealChoice } from '@/api/schema'
import { useClient } from '@/agent/use-client'
import { useCeremony } from '@/panel/ceremony'
import { keep, restored } from '@/panel/keeping'
import { useMarks } from '@/panel/marks'
import { useDocument } from '@/panel/use-document'
import { useSession } from '@/session'
import { lastSeal, rememberSeal } from './last-seal'
import { arranged, isPossible, lastTime, placeAgain as placeAsLast, rememberTime } from './last-time'

export interface Choice {
  key: Key
  certificate: KeyCertificate
  seals: SealChoice[]
}

/** What is told of the reading, with the signature. */
export type Reading = NonNullable<OpenCeremony['reading']>

export function useSeal(envelopeId: string, reading: () => Reading | null = () => null) {
  const client = useClient()
  const panel = ref<Panel | null>(null)
  const problem = ref<ProblemError | null>(null)
  const paper = useDocument()
  const marks = useMarks(() => panel.value?.pages ?? [])
  const { t } = useI18n()
  const ceremony = useCeremony(client.current, () => t('sheet.preparing'))
  /** My open session on this document, as the server told it last. */
  const unfinished = ref<Ceremony | null>(null)
  /** A key has signed and another has not: nothing can be placed until that session is gone on with or given up. */
  const isResuming = computed(() => unfinished.value?.orders.some((order) => order.state === 'embedded') ?? false)
  /** From the click until the outcome is known, and the newest state with it. */
  const isSigning = ref(false)
  const certificateSha256 = ref<string | null>(null)
  const sealId = ref<string | null>(null)
  /** How many marks came back that were placed before the page was loaded again. */
  const restoredCount = ref(0)
  /** The next document of the envelope that I have still to sign, other than the one shown. */
  const nextDocument = computed(() => panel.value?.documents.find((one) => !one.is_signed_by_me && one.id !== panel.value?.document.id) ?? null)

  /** Every signing certificate on the keys that are plugged in, with the seals it may apply. */
  const choices = computed<Choice[]>(() =>
    client.state.keys.flatMap((key) =>
      key.certificates.map((certificate) => ({
        key,
        certificate,
        seals: panel.value?.seals.filter((seal) => seal.certificate_sha256s.includes(certificate.sha256)) ?? [],
      })),
    ),
  )
  const chosen = computed(() => choices.value.find((one) => one.certificate.sha256 === certificateSha256.value) ?? null)
  const chosenSeal = computed(() => chosen.value?.seals.find((seal) => seal.id === sealId.value) ?? null)

  function choose(choice: Choice, seal: SealChoice): void {
    certificateSha256.value = choice.certificate.sha256
    sealId.value = seal.id
  }

  const usable = computed(() => choices.value.flatMap((choice) => (choice.key.is_locked ? [] : choice.seals.map((seal) => ({ choice, seal, certificateSha256: choice.certificate.sha256 })))))

  /** Chosen for the person, once, as soon as his keys are seen: what he signed with last here, or the only one there is. */
  const personId = useSession().state.session?.person.id ?? ''
  const isGivenBack = ref(false)
  watch(usable, (now) => {
    if (chosenSeal.value || isGivenBack.value) return
    const last = lastSeal(personId)
    const wanted = last ? now.find(({ seal, certificateSha256 }) => certificateSha256 === last.certificateSha256 && seal.id === last.sealId) : now.length === 1 ? now[0] : null
    if (!wanted) return
    isGivenBack.value = true
    choose(wanted.choice, wanted.seal)
  })

  /** What he placed last, while nothing is placed here and all of it could stand here. */
  const again = computed(() => {
    const shown = panel.value
    const last = shown?.is_my_turn && !isResuming.value && marks.marks.value.length === 0 ? lastTime(personId) : null
    return shown && last && isPossible(last, shown.pages, usable.value) ? last : null
  })
  function placeAgain(): void {
    if (panel.value && again.value) placeAsLast(again.value, marks, { pages: panel.value.pages, usable: usable.value, today: panel.value.today_zh })
  }

  /** Show a document of the envelope; without one the document that is shown, or the next one to sign. */
  async function load(documentId = panel.value?.document.id): Promise<void> {
    problem.value = null
    try {
      await take(await calls.panel(envelopeId, documentId))
    } catch (caught) {
      problem.value = asProblem(caught)
    }
  }

  /** Show what is there now. Once a key has signed, the server keeps the other placements: ours are done with. */
  async function take(next: Panel): Promise<void> {
    const isSame = panel.value?.document.head_sha256 === next.document.head_sha256 && paper.document.value !== null
    panel.value = next
    unfinished.value = next.ceremony?.state === 'open' ? next.ceremony : null
    if (isResuming.value) marks.clear()
    else if (!isSame) bringBack(next)
    if (!isSame) await paper.open(envelopeId, next.document.id, next.document.head)
  }

  /** The marks of the document that is shown now: those that were placed and not signed, or none. */
  function bringBack(next: Panel): void {
    const { id, head_sha256 } = next.document
    const before = restored(envelopeId, id, head_sha256, next.seals)
    if (marks.marks.value.length && before.length === 0) return
    marks.clear()
    restoredCount.value = before.length
    if (before.length) marks.restore(before)
  }
  watch(marks.marks, (now) => {
    if (panel.value) keep(envelopeId, panel.value.document.id, panel.value.document.head_sha256, now)
  })

  /** Another document of the envelope; what is placed on the one before stays kept. */
  async function chooseDocument(documentId: string): Promise<void> {
    if (documentId === panel.value?.document.id) return
    ceremony.reset()
    panel.value = null
    marks.clear()
    await load(documentId)
  }

  /** The label of a key for a certificate, also when it has just been pulled out. */
  function labelOf(sha256: string): string {
    return client.keyOf(sha256)?.label ?? unfinished.value?.orders.find((one) => one.certificate_sha256 === sha256)?.certificate_owner ?? sha256.slice(0, 8)
  }

  /** Called in the click of the confirmation sheet; after a stop one can go on only when the newest state is here. */
  async function sign(): Promise<void> {
    isSigning.value = true
    try {
      const begun = unfinished.value
      if (begun && (isResuming.value || ceremony.isHolding(begun))) await ceremony.goOn(begun)
      else if (panel.value) await ceremony.start(envelopeId, wanted(panel.value))
      if (ceremony.state.step === 'stopped') await lookAgain()
      else if (panel.value) {
        keep(envelopeId, panel.value.document.id, panel.value.document.head_sha256, [])
        rememberTime(personId, arranged(marks.marks.value, panel.value.pages, panel.value.today_zh))
        if (certificateSha256.value && sealId.value) rememberSeal(personId, { certificateSha256: certificateSha256.value, sealId: sealId.value })
      }
    } finally {
      isSigning.value = false
    }
  }

  /** After a stop: what did get signed, and did somebody else sign meanwhile? The marks stay where they are. */
  async function lookAgain(): Promise<void> {
    const known = ceremony.state.ceremony
    if (known?.state === 'open') unfinished.value = known
    try {
      await take(await calls.panel(envelopeId, panel.value?.document.id))
    } catch {
      // The problem that stopped us is already told; going on works from what this page knows.
    }
  }

  function wanted(shown: Panel): OpenCeremony {
    return {
      document_id: shown.document.id,
      head: shown.document.head,
      head_sha256: shown.document.head_sha256,
      placements: marks.placements.value,
      reading: reading(),
    }
  }

  return { client, panel, problem, paper, marks, ceremony, unfinished, isResuming, isSigning, choices, chosen, chosenSeal, nextDocument, restoredCount, isGivenBack, again, placeAgain, choose, chooseDocument, load, labelOf, sign }
}

export type Seal = ReturnType<typeof useSeal>
