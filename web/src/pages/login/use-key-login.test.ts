import { beforeEach, expect, test, vi } from 'vitest'
import { problemOf, type ProblemError } from '@/api/client'
import type { DialogState, KeyCertificate, LoginResult, SignedOrder } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { useKeyLogin } from './use-key-login'

const CERTIFICATE = { sha256: 'c', der: 'MII=', owner: '李明' } as KeyCertificate
const ORDER: SignedOrder = { payload: '{}', signature: '' }
const RESULT: LoginResult = { order_id: 'o', certificate: 'MII=', signature: 'AA==' }

const calls = vi.hoisted(() => ({ loginChallenge: vi.fn() }))
vi.mock('@/api/calls', () => calls)

beforeEach(() => {
  vi.resetAllMocks()
  calls.loginChallenge.mockResolvedValue(ORDER)
  sessionStorage.clear()
})

function clientSaying(state: Partial<DialogState>) {
  return {
    hello: { has_desktop_window: true },
    open: vi.fn().mockResolvedValue({ dialog_id: 'd', window_url: null }),
    state: vi.fn().mockResolvedValue({ dialog_id: 'd', kind: 'login', ...state }),
    cancel: vi.fn(),
  } as unknown as SecurityClient
}

test('what the key signed for the challenge of its certificate is brought back', async () => {
  const client = clientSaying({ phase: 'signed', result: RESULT })
  const finish = vi.fn().mockResolvedValue(undefined)
  expect(await useKeyLogin(() => client, () => '请稍候', finish).begin(CERTIFICATE)).toBe(true)
  expect(calls.loginChallenge).toHaveBeenCalledExactlyOnceWith('MII=')
  expect(client.open).toHaveBeenCalledExactlyOnceWith(ORDER)
  expect(finish).toHaveBeenCalledExactlyOnceWith(RESULT)
})

test.each([
  ['the client refuses', () => clientSaying({ phase: 'refused', problem: problemOf('PIN_LOCKED').report }), 'PIN_LOCKED'],
  ['a signature is no login', () => clientSaying({ phase: 'signed', kind: 'sign', result: RESULT }), 'CLIENT_TOO_OLD'],
  ['there is no client', () => null, 'CLIENT_NOT_FOUND'],
])('when %s, nobody is logged in and the reason is told', async (_, made, code) => {
  const client = made()
  const finish = vi.fn()
  const login = useKeyLogin(() => client, () => '请稍候', finish)
  expect(await login.begin(CERTIFICATE)).toBe(false)
  expect((login.state.problem as ProblemError).code).toBe(code)
  expect(login.state.chosen).toBeNull()
  expect(finish).not.toHaveBeenCalled()
})

test('a refusal of the platform is told, and the next try begins anew', async () => {
  const client = clientSaying({ phase: 'signed', result: RESULT })
  const finish = vi.fn().mockRejectedValueOnce(problemOf('LOGIN_CERTIFICATE_UNBOUND')).mockResolvedValueOnce(undefined)
  const login = useKeyLogin(() => client, () => '请稍候', finish)
  expect(await login.begin(CERTIFICATE)).toBe(false)
  expect(login.state.problem?.code).toBe('LOGIN_CERTIFICATE_UNBOUND')
  expect(await login.begin(CERTIFICATE)).toBe(true)
  expect(login.state.problem).toBeNull()
})
