import { beforeEach, describe, expect, it, vi } from 'vitest'
import * as calls from '@/api/calls'
import { problemOf } from '@/api/client'
import type { Binding, BindResult, KeyCertificate, SignedOrder } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import * as sign from '@/agent/sign'
import { useBinding } from './use-binding'

const CERTIFICATE = { sha256: 'a', der: 'MII=' } as KeyCertificate
const RESULT: BindResult = { order_id: 'o', certificate: 'MII=', proof: 'AA==' }
const ORDER: SignedOrder = { payload: '{}', signature: 'AA==' }
const CLIENT = { hello: { has_desktop_window: true }, open: vi.fn() } as unknown as SecurityClient

describe('binding a certificate', () => {
  beforeEach(() => {
    vi.restoreAllMocks()
    vi.spyOn(calls, 'beginBinding').mockResolvedValue(ORDER)
    vi.spyOn(sign, 'runDialog').mockResolvedValue(RESULT)
  })

  it('is bound at once where the certificate says whose it is', async () => {
    vi.spyOn(calls, 'bindCertificate').mockResolvedValue({ certificate: { id: 'c' } } as Binding)
    const binding = useBinding(() => CLIENT, () => '…')
    await binding.begin(CERTIFICATE, false)
    expect(calls.beginBinding).toHaveBeenCalledWith('MII=', false)
    expect(sign.runDialog).toHaveBeenCalledWith(CLIENT, 'bind', expect.anything(), expect.anything(), expect.anything())
    expect(calls.bindCertificate).toHaveBeenCalledWith(RESULT)
    expect(binding.state.step).toBe('bound')
  })

  it('is asked for where somebody has to decide', async () => {
    vi.spyOn(calls, 'bindCertificate').mockResolvedValue({ request: { id: 'r' } } as Binding)
    const binding = useBinding(() => CLIENT, () => '…')
    await binding.begin(CERTIFICATE, true)
    expect(calls.beginBinding).toHaveBeenCalledWith('MII=', true)
    expect(binding.state.step).toBe('asked')
    binding.settle()
    expect(binding.state.step).toBe('idle')
  })

  it('tells why it stopped, and may be begun again', async () => {
    vi.spyOn(calls, 'bindCertificate').mockRejectedValue(problemOf('CERTIFICATE_OF_ANOTHER'))
    const binding = useBinding(() => CLIENT, () => '…')
    await binding.begin(CERTIFICATE, false)
    expect(binding.state.step).toBe('stopped')
    expect(binding.state.problem?.code).toBe('CERTIFICATE_OF_ANOTHER')
    vi.spyOn(calls, 'bindCertificate').mockResolvedValue({ certificate: { id: 'c' } } as Binding)
    await binding.begin(CERTIFICATE, false)
    expect(binding.state.problem).toBeNull()
  })

  it('asks nothing of the platform without a client', async () => {
    vi.spyOn(sign.ClientWindow, 'open').mockReturnValue({ close: vi.fn() } as unknown as sign.ClientWindow)
    const binding = useBinding(() => null, () => '…')
    await binding.begin(CERTIFICATE, false)
    expect(calls.beginBinding).not.toHaveBeenCalled()
    expect(binding.state.problem?.code).toBe('CLIENT_NOT_FOUND')
  })
})
