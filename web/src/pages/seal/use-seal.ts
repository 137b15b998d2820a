/** The sealing panel: what was loaded, what is chosen, and what the person may do next. */
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import * as calls from '@/api/calls'
import { asProblem, type ProblemError } from '@/api/client'
import type { Ceremony, Key, KeyCertificate, OpenCeremony, Panel, SealChoice } from '@/api/schema'
import { useClient } from '@/agent/use-client'
import { useCeremony } from '@/panel/ceremony'
import { useMarks } from '@/panel/marks'
import { useDocument } from '@/panel/use-document'

export interface Choice {
  key: Key
  certificate: KeyCertificate
  seals: SealChoice[]
}

export function useSeal(envelopeId: string) {
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

  async function load(): Promise<void> {
    problem.value = null
    try {
      await take(await calls.panel(envelopeId))
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
    if (!isSame) await paper.open(envelopeId, next.document.id, next.document.head)
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
    } finally {
      isSigning.value = false
    }
  }

  /** After a stop: what did get signed, and did somebody else sign meanwhile? The marks stay where they are. */
  async function lookAgain(): Promise<void> {
    const known = ceremony.state.ceremony
    if (known?.state === 'open') unfinished.value = known
    try {
      await take(await calls.panel(envelopeId))
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
    }
  }

  return { client, panel, problem, paper, marks, ceremony, unfinished, isResuming, isSigning, choices, chosen, chosenSeal, choose, load, labelOf, sign }
}

export type Seal = ReturnType<typeof useSeal>
