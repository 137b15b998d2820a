/** My certificates and requests as the server keeps them; looked at while a request waits for its decision. */
import { onBeforeUnmount, onMounted, reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, type ProblemError } from '@/api/client'
import type { BindingRequest, BoundCertificate } from '@/api/schema'

const LOOK_MILLISECONDS = 4000
/** How a certificate on a key stands here; `none`: it may be bound. */
export type Standing = BoundCertificate['state'] | 'asked' | 'none'

export function useCertificates() {
  const state = reactive<{ certificates: BoundCertificate[]; requests: BindingRequest[]; isThere: boolean; problem: ProblemError | null }>({
    certificates: [],
    requests: [],
    isThere: false,
    problem: null,
  })
  let timer: ReturnType<typeof setTimeout> | null = null

  async function look(): Promise<void> {
    try {
      // In this order: a request that is decided between the two is then seen with its certificate, or asked for again.
      const requests = await calls.myBindingRequests()
      const certificates = await calls.myCertificates()
      Object.assign(state, { certificates, requests, isThere: true, problem: null })
    } catch (caught) {
      state.problem = asProblem(caught)
    }
  }

  async function follow(): Promise<void> {
    if (state.requests.some((one) => one.state === 'asked')) await look()
    timer = setTimeout(() => void follow(), LOOK_MILLISECONDS)
  }

  onMounted(async () => {
    await look()
    await follow()
  })
  onBeforeUnmount(() => {
    if (timer) clearTimeout(timer)
  })

  /** Null until the server has said. */
  function standing(sha256: string): Standing | null {
    if (!state.isThere) return null
    const known = state.certificates.find((one) => one.sha256 === sha256)
    if (known) return known.state
    return state.requests.some((one) => one.sha256 === sha256 && one.state === 'asked') ? 'asked' : 'none'
  }

  return { state: readonly(state), look, standing }
}
