import { beforeEach, expect, test, vi } from 'vitest'
import { problemOf } from '@/api/client'
import type { DialogState, Unlock } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { useKeyCare } from './use-key-care'

const calls = vi.hoisted(() => ({ releaseUnlock: vi.fn(), finishUnlock: vi.fn(), withdrawUnlock: vi.fn() }))
vi.mock('@/api/calls', () => calls)

const UNLOCK = { id: 'u', key: { driver: 'soft', serial: 'S', label: '章' } } as Unlock
const RESULT = { order_id: 'o', unlocked_at: '2026-11-22T10:00:00Z' }

beforeEach(() => {
  vi.resetAllMocks()
  calls.releaseUnlock.mockResolvedValue({ order: { payload: '{}', signature: '' } })
  sessionStorage.clear()
})

function clientSaying(state: Partial<DialogState>) {
  return {
    hello: { has_desktop_window: true },
    open: vi.fn().mockResolvedValue({ dialog_id: 'd', window_url: null }),
    state: vi.fn().mockResolvedValue({ dialog_id: 'd', kind: 'unlock', ...state }),
  } as unknown as SecurityClient
}

test('a key that was unlocked is told to the platform', async () => {
  const care = useKeyCare(() => clientSaying({ phase: 'signed', result: RESULT }), () => '请稍候')
  await care.unlock(UNLOCK)
  expect(care.state.step).toBe('done')
  expect(calls.finishUnlock).toHaveBeenCalledExactlyOnceWith('u', RESULT)
  expect(calls.withdrawUnlock).not.toHaveBeenCalled()
})

test.each(['ADMIN_PIN_INCORRECT', 'ADMIN_PIN_LOCKED', 'SEALED_BOX_BROKEN', 'UNLOCK_NOT_ASKED'])(
  'a release that is good for nothing (%s) ends the request, so that the person may ask anew',
  async (code) => {
    const refused = { phase: 'refused', problem: problemOf(code as 'ADMIN_PIN_LOCKED').report } as const
    const care = useKeyCare(() => clientSaying(refused), () => '请稍候')
    await care.unlock(UNLOCK)
    expect([care.state.step, care.state.problem?.code]).toEqual(['stopped', code])
    expect(calls.withdrawUnlock).toHaveBeenCalledExactlyOnceWith('u')
    expect(calls.finishUnlock).not.toHaveBeenCalled()
  },
)

test('who cancels keeps the release for another try', async () => {
  const refused = { phase: 'refused', problem: problemOf('PIN_CANCELLED').report } as const
  const care = useKeyCare(() => clientSaying(refused), () => '请稍候')
  await care.unlock(UNLOCK)
  expect(care.state.step).toBe('stopped')
  expect(calls.withdrawUnlock).not.toHaveBeenCalled()
})
