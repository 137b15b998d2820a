import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as calls from '@/api/calls'
import type { BindingRequest, BoundCertificate } from '@/api/schema'
import { useCertificates } from './use-certificates'

vi.mock('vue', async (original) => ({ ...(await original<typeof import('vue')>()), onMounted: vi.fn(), onBeforeUnmount: vi.fn() }))
const CERTIFICATE = { sha256: 'a', state: 'bound' } as BoundCertificate
const REQUEST = { sha256: 'a', state: 'asked' } as BindingRequest

describe('my certificates', () => {
  beforeEach(() => {
    vi.restoreAllMocks()
  })

  it('tell how a certificate on a key stands, and nothing before the server has said', async () => {
    vi.spyOn(calls, 'myBindingRequests').mockResolvedValue([{ ...REQUEST, sha256: 'b' }])
    vi.spyOn(calls, 'myCertificates').mockResolvedValue([CERTIFICATE])
    const mine = useCertificates()
    expect(mine.standing('a')).toBeNull()
    await mine.look()
    expect([mine.standing('a'), mine.standing('b'), mine.standing('c')]).toEqual(['bound', 'asked', 'none'])
  })

  it('never miss the certificate of a request that is decided while they look', async () => {
    let decided = false
    vi.spyOn(calls, 'myBindingRequests').mockImplementation(async () => {
      const seen: BindingRequest[] = [{ ...REQUEST, state: decided ? 'approved' : 'asked' }]
      decided = true
      return seen
    })
    vi.spyOn(calls, 'myCertificates').mockImplementation(async () => (decided ? [CERTIFICATE] : []))
    const mine = useCertificates()
    await mine.look()
    expect(mine.standing('a')).toBe('bound')
  })
})
