/** The sealing panel: what was loaded, what is chosen, and what the person may do next. */
import { computed, ref } from 'vue'
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
  const ceremony = useCeremony(client.current)
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
      panel.value = await calls.panel(envelopeId)
      await paper.open(envelopeId)
    } catch (caught) {
      problem.value = asProblem(caught)
    }
  }

  /** The label of a key for a certificate, also when it has just been pulled out. */
  function labelOf(sha256: string): string {
    return client.keyOf(sha256)?.label ?? panel.value?.ceremony?.orders.find((one) => one.certificate_sha256 === sha256)?.certificate_owner ?? sha256.slice(0, 8)
  }

  /** Called in the click of the confirmation sheet. */
  async function sign(): Promise<void> {
    const begun = ceremony.state.ceremony ?? panel.value?.ceremony
    if (begun?.state === 'open' && isResumed(begun)) await ceremony.goOn(begun)
    else if (panel.value) await ceremony.start(envelopeId, wanted(panel.value))
    // Somebody signed in the meantime: show what is there now; the marks stay where they are.
    if (ceremony.state.problem?.code === 'REVISION_MOVED') await load()
  }

  /** A session is gone on with once a key has signed; before that, the marks as they stand now count. */
  function isResumed(begun: Ceremony): boolean {
    return begun.orders.some((order) => order.state === 'embedded' || order.state === 'signed') || marks.marks.value.length === 0
  }

  function wanted(shown: Panel): OpenCeremony {
    return {
      document_id: shown.document.id,
      head: shown.document.head,
      head_sha256: shown.document.head_sha256,
      placements: marks.placements.value,
    }
  }

  return { client, panel, problem, paper, marks, ceremony, choices, chosen, chosenSeal, choose, load, labelOf, sign }
}

export type Seal = ReturnType<typeof useSeal>
