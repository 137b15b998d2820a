/** Looking after one key: a new PIN, a certificate for it, its unlocking; each a job with steps that a reload survives. */
import { reactive, readonly } from 'vue'
import * as calls from '@/api/calls'
import { asProblem, ProblemError, problemOf } from '@/api/client'
import type { DialogOpened, Enrolment, Key, NamedKey, ProblemReport, Unlock } from '@/api/schema'
import type { SecurityClient } from '@/agent/client'
import { ClientWindow, runDialog, type Kind, type Results } from '@/agent/sign'

/** `ready`: the next step needs a click, because it opens a window. */
export type CareStep = 'idle' | 'working' | 'waiting' | 'ready' | 'done' | 'stopped'
export type CareAct = 'change_pin' | 'enrol' | 'unlock'
export type Stage = 'pair' | 'issue' | 'store'

interface State {
  keyName: string | null
  act: CareAct | null
  step: CareStep
  stage: Stage | null
  enrolment: Enrolment | null
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

const NOTHING: State = {
  keyName: null,
  act: null,
  step: 'idle',
  stage: null,
  enrolment: null,
  problem: null,
  told: null,
  windowAddress: null,
}

/** How a client calls a key, whether or not it has certificates; never its place in a list. */
export const named = ({ driver, serial, label }: Key): NamedKey => ({ driver, serial, label })
export const nameOf = ({ driver, serial, label }: NamedKey): string => [driver, serial, label].join('\n')

/** The client has ended the request: what the desk released will never open this key, so the platform is told. */
const FOR_NOTHING = new Set(['ADMIN_PIN_INCORRECT', 'ADMIN_PIN_LOCKED', 'SEALED_BOX_BROKEN', 'UNLOCK_NOT_ASKED'])
const isForNothing = (caught: unknown) => caught instanceof ProblemError && FOR_NOTHING.has(caught.code)

/** One job at a time in this page. `word` is what the client's window says until the client's page is there. */
export function useKeyCare(client: () => SecurityClient | null, word: () => string) {
  const state = reactive<State>({ ...NOTHING })
  let view: ClientWindow | null = null

  const changePin = (key: NamedKey) =>
    run('change_pin', key, async () => {
      await dialog('change_pin', (reached) => reached.changePin(key))
    })

  /** Begin; the key's first window opens in this click, the second one in that of `goOn`. */
  const enrol = (key: NamedKey, algorithm: string) =>
    run('enrol', key, async () => pursue(await calls.startEnrolment(key, algorithm)))

  /** Go on with an application that was begun here or before a reload; in a click. */
  const goOn = (enrolment: Enrolment) => run('enrol', enrolment.key, () => pursue(enrolment))

  const unlock = (one: Unlock) =>
    run('unlock', one.key, async () => {
      const { order } = await calls.releaseUnlock(one.id)
      if (!order) throw problemOf('ORDER_EXPIRED')
      const result = await dialog('unlock', (reached) => reached.open(order)).catch(async (caught: unknown) => {
        if (isForNothing(caught)) await calls.withdrawUnlock(one.id)
        throw caught
      })
      await calls.finishUnlock(one.id, result)
    })

  async function run(act: CareAct, key: NamedKey, job: () => Promise<void>): Promise<void> {
    view = ClientWindow.open(word(), client()?.hello.has_desktop_window)
    Object.assign(state, NOTHING, { act, keyName: nameOf(key), step: 'working' })
    try {
      await job()
      if (state.step !== 'ready') state.step = 'done'
    } catch (caught) {
      Object.assign(state, { step: 'stopped', problem: asProblem(caught), windowAddress: null })
    } finally {
      view.close()
    }
  }

  async function pursue(begun: Enrolment): Promise<void> {
    state.enrolment = begun
    if (begun.state === 'ordered') {
      state.stage = 'pair'
      const order = begun.order ?? (await calls.orderEnrolment(begun.id)).order
      if (!order) throw problemOf('ORDER_EXPIRED')
      const result = await dialog('enrol', (reached) => reached.open(order))
      Object.assign(state, { step: 'working', stage: 'issue' })
      state.enrolment = await calls.requestEnrolment(begun.id, result)
      if (!client()?.hello.has_desktop_window) {
        Object.assign(state, { step: 'ready', stage: 'store' })
        return
      }
    }
    if (state.enrolment.state === 'issued') await store(state.enrolment)
  }

  async function store(issued: Enrolment): Promise<void> {
    Object.assign(state, { step: 'working', stage: 'store' })
    const order = issued.order ?? (await calls.orderEnrolment(issued.id)).order
    if (!order) throw problemOf('ORDER_EXPIRED')
    const result = await dialog('store', (reached) => reached.open(order))
    state.enrolment = await calls.storedEnrolment(issued.id, result)
  }

  function dialog<K extends Kind>(kind: K, open: (reached: SecurityClient) => Promise<DialogOpened>): Promise<Results[K]> {
    const reached = client()
    if (!reached || !view) throw problemOf('CLIENT_NOT_FOUND')
    Object.assign(state, { step: 'waiting', told: null, windowAddress: null })
    return runDialog(reached, kind, () => open(reached), view, {
      onBlocked: (address) => (state.windowAddress = address),
      onTold: (problem) => (state.told = problem),
    })
  }

  /** Open the client's page in a click, where the page could not do it by itself. */
  function openWindow(): void {
    if (state.windowAddress) view?.reopen(state.windowAddress)
    state.windowAddress = null
  }

  const settle = () => Object.assign(state, NOTHING)

  return { state: readonly(state), changePin, enrol, goOn, unlock, openWindow, settle }
}

export type KeyCare = ReturnType<typeof useKeyCare>
