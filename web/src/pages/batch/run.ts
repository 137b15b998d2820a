/** The act of a batch: prepare each document, ask the key once, hand everything in, finish each (docs/flows/batch.md). */
import { reactive, readonly } from 'vue'
import * as batches from '@/api/batches'
import { pauseCeremony } from '@/api/calls'
import { asProblem, ProblemError, problemOf } from '@/api/client'
import type { Batch, BatchLine, BatchResult, ProblemReport, SignResult } from '@/api/schema'
import { BATCH_PROTOCOL, type SecurityClient } from '@/agent/client'
import { ClientWindow, runDialog } from '@/agent/sign'

/** How many documents are prepared or finished at the same time: the server has other people, too. */
const AT_ONCE = 3
/** How often a document that another signer holds is asked for again, and after how long. */
const QUEUE_TRIES = 40
const QUEUE_MS = 2000

export type Step = 'idle' | 'preparing' | 'waiting' | 'taking' | 'finishing' | 'done' | 'stopped'

interface State {
  step: Step
  batch: Batch | null
  /** What stopped one document, by its position. */
  failed: Record<number, ProblemError>
  /** Documents that are being prepared or finished now. */
  working: number[]
  checkCode: string
  asked: number
  problem: ProblemError | null
  told: ProblemReport | null
  windowAddress: string | null
}

/** `word` is what the client's window says until the client's page is there. */
export function useBatchRun(client: () => SecurityClient | null, word: () => string) {
  const state = reactive<State>({
    step: 'idle',
    batch: null,
    failed: {},
    working: [],
    checkCode: '',
    asked: 0,
    problem: null,
    told: null,
    windowAddress: null,
  })
  let view: ClientWindow | null = null

  /** Show another batch, or the same one as the server has it now; what a key has given before is finished at once. */
  async function show(batch: Batch): Promise<void> {
    Object.assign(state, { batch, step: 'idle', failed: {}, working: [], problem: null, told: null })
    if (batch.lines.some((line) => line.state === 'signed')) await finish()
    else if (batch.lines.some((line) => line.state === 'done') && !batch.lines.some(isOpen)) state.step = 'done'
  }

  /** One consent and one PIN for all that is not left out; call it in the click, so that the client's window may open. */
  async function sign(): Promise<void> {
    const reached = client()
    view = ClientWindow.open(word(), reached?.hello.has_desktop_window, 'wide')
    Object.assign(state, { step: 'preparing', failed: {}, problem: null, told: null, windowAddress: null })
    try {
      if (!reached) throw problemOf('CLIENT_NOT_FOUND')
      if ((reached.hello.protocol ?? 0) < BATCH_PROTOCOL) throw problemOf('CLIENT_TOO_OLD', { protocol: reached.hello.protocol ?? 0 })
      await each((line) => line.state === 'ready' || line.state === 'prepared', prepared)
      const result = await asked(reached, view)
      await handIn(result)
      await finish()
    } catch (caught) {
      await giveWay()
      Object.assign(state, { step: 'stopped', problem: asProblem(caught), windowAddress: null })
    } finally {
      view.close()
    }
  }

  /** While another signer's key may still answer, the document is asked for again: no PIN is spent on it. */
  async function prepared(batchId: string, position: number): Promise<BatchLine> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await batches.openLine(batchId, position)
      } catch (caught) {
        if (asProblem(caught).code !== 'DOCUMENT_BEING_SIGNED' || tries === QUEUE_TRIES) throw caught
        await new Promise((resolve) => setTimeout(resolve, QUEUE_MS))
      }
    }
  }

  async function asked(reached: SecurityClient, shown: ClientWindow): Promise<BatchResult> {
    const batch = current()
    const order = await batches.batchOrder(batch.id)
    Object.assign(state, { step: 'waiting', checkCode: order.check_code, asked: order.positions.length })
    return runDialog(reached, 'sign_batch', () => reached.open(order.order), shown, {
      onBlocked: (address) => (state.windowAddress = address),
      onTold: (problem) => (state.told = problem),
    })
  }

  /** All that the key gave goes in at once, before any of it runs out of time; the rest makes room for others. */
  async function handIn(result: BatchResult): Promise<void> {
    Object.assign(state, { step: 'taking', told: null, windowAddress: null })
    const given: SignResult[] = []
    for (const outcome of result.outcomes) {
      if (outcome.result) given.push(outcome.result)
      else if (outcome.problem) refuse(outcome.order_id, new ProblemError(outcome.problem))
    }
    await pauseAll((line) => line.position in state.failed)
    if (given.length === 0) return
    const answer = await batches.takeResults(current().id, given)
    for (const one of answer.refused) refuse(one.order_id, new ProblemError(one.problem))
    state.batch = answer.batch
  }

  /** Put what the key gave into each document; one that fails is told and stops no other. */
  async function finish(): Promise<void> {
    state.step = 'finishing'
    for (const line of current().lines) if (line.state === 'signed') Reflect.deleteProperty(state.failed, line.position)
    await each((line) => line.state === 'signed', (batchId, position) => batches.finishLine(batchId, position))
    for (const line of current().lines) {
      if (line.state === 'signed' && !(line.position in state.failed)) state.failed[line.position] = problemOf('TIMESTAMP_UNAVAILABLE')
    }
    state.step = 'done'
  }

  /** Do it for all lines that `is` is true of, a few at a time. */
  async function each(is: (line: BatchLine) => boolean, act: (batchId: string, position: number) => Promise<BatchLine>): Promise<void> {
    const { id, lines } = current()
    const left = lines.filter(is).map((line) => line.position)
    const worker = async (): Promise<void> => {
      for (let position = left.shift(); position !== undefined; position = left.shift()) {
        state.working.push(position)
        try {
          replace(await act(id, position))
        } catch (caught) {
          state.failed[position] = asProblem(caught)
        } finally {
          state.working = state.working.filter((one) => one !== position)
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }

  function replace(line: BatchLine): void {
    const batch = current()
    state.batch = { ...batch, lines: batch.lines.map((one) => (one.position === line.position ? line : one)) }
  }

  /** An order is named by its ceremony's order and a preparation; the line that holds it is the one that failed. */
  function refuse(orderId: string, problem: ProblemError): void {
    const line = current().lines.find((one) => one.order_id === orderId)
    if (line) state.failed[line.position] = problem
  }

  /** The key's question stays unanswered: let the others sign meanwhile. */
  async function giveWay(): Promise<void> {
    await pauseAll((line) => line.state === 'prepared')
  }

  async function pauseAll(is: (line: BatchLine) => boolean): Promise<void> {
    const held = current().lines.filter((line) => is(line) && line.ceremony_id && line.state === 'prepared')
    await Promise.all(held.map((line) => pauseCeremony(line.ceremony_id as string).catch(() => undefined)))
  }

  function current(): Batch {
    if (!state.batch) throw problemOf('BATCH_NOT_FOUND')
    return state.batch
  }

  /** Open the client's page in a click, where the page could not do it by itself. */
  function openWindow(): void {
    if (state.windowAddress) view?.reopen(state.windowAddress)
    state.windowAddress = null
  }

  /** Let the batch that was looked at go; nothing of it was prepared. */
  function clear(): void {
    Object.assign(state, { batch: null, step: 'idle', failed: {}, working: [], problem: null, told: null })
  }

  return { state: readonly(state), show, sign, finish, clear, openWindow }
}

/** What can still be signed with this batch. */
export const isOpen = (line: BatchLine) => line.state === 'ready' || line.state === 'prepared'

export type BatchRun = ReturnType<typeof useBatchRun>
