/** One order through the security client: open its window, wait for the person and the key, give the result. */
import { ProblemError, problemOf } from '@/api/client'
import type { DialogState, ProblemReport, SignedOrder, SignResult } from '@/api/schema'
import type { SecurityClient } from './client'

/** The client's window, opened inside the click so that the browser does not hold it back. */
export class ClientWindow {
  private constructor(private readonly view: Window | null) {}

  /** Must be called synchronously in a click handler. */
  static open(): ClientWindow {
    return new ClientWindow(window.open('about:blank', 'yunqian-client', 'popup,width=480,height=720'))
  }

  get isBlocked(): boolean {
    return this.view === null
  }

  get isClosed(): boolean {
    return this.view?.closed ?? false
  }

  show(address: string): void {
    if (this.view) this.view.location.href = address
  }

  close(): void {
    if (this.view && !this.view.closed) this.view.close()
  }
}

export interface SignWatcher {
  /** The window could not be opened by the page: the person opens this address with a click. */
  onBlocked: (address: string) => void
  /** A wrong PIN and the like, while the client still waits. */
  onTold: (problem: ProblemReport) => void
}

const CLOSED_CHECK_MILLISECONDS = 400

/** Resolves to the key's result; rejects with the client's problem, PIN_CANCELLED when its window was closed. */
export async function signOrder(
  client: SecurityClient,
  order: SignedOrder,
  view: ClientWindow,
  watcher: SignWatcher,
): Promise<SignResult> {
  const opened = await client.open(order)
  if (opened.window_url) {
    view.show(opened.window_url)
    if (view.isBlocked) watcher.onBlocked(opened.window_url)
  }
  const closing = watchClosing(view)
  try {
    return await waited(client, opened.dialog_id, closing.signal, watcher)
  } catch (caught) {
    if (!closing.signal.aborted) throw caught
    return await afterClosing(client, opened.dialog_id)
  } finally {
    closing.stop()
  }
}

async function waited(
  client: SecurityClient,
  dialogId: string,
  signal: AbortSignal,
  watcher: SignWatcher,
): Promise<SignResult> {
  for (;;) {
    const state = await client.state(dialogId, signal)
    const result = resultOf(state)
    if (result) return result
    if (state.last_problem) watcher.onTold(state.last_problem)
  }
}

/** The window also closes itself after success: ask once more before calling it cancelled. */
async function afterClosing(client: SecurityClient, dialogId: string): Promise<SignResult> {
  const result = resultOf(await client.cancel(dialogId))
  if (result) return result
  throw problemOf('PIN_CANCELLED')
}

function resultOf(state: DialogState): SignResult | null {
  if (state.phase === 'signed' && state.result) return state.result
  if (state.phase === 'refused' && state.problem) throw new ProblemError(state.problem)
  return null
}

function watchClosing(view: ClientWindow) {
  const controller = new AbortController()
  const timer = setInterval(() => {
    if (view.isClosed) controller.abort()
  }, CLOSED_CHECK_MILLISECONDS)
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
