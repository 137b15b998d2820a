/** One order through the security client: open its window, wait for the person and the key, give the result. */
import { ProblemError, problemOf } from '@/api/client'
import type { DialogState, ProblemReport, SignedOrder, SignResult } from '@/api/schema'
import type { SecurityClient } from './client'

/** What signing needs of the client and of its window; tests give their own. */
export type Dialogs = Pick<SecurityClient, 'open' | 'state' | 'cancel'>
export type ShownWindow = Pick<ClientWindow, 'isBlocked' | 'isClosed' | 'show'>

/** The client's window, opened inside the click so that the browser does not hold it back. */
export class ClientWindow {
  private constructor(
    private readonly view: Window | null,
    private readonly word: string,
  ) {}

  /** Must be called synchronously in a click handler. `word` stands in the window until the client's page comes. */
  static open(word: string): ClientWindow {
    const opened = new ClientWindow(window.open('about:blank', 'yunqian-client', 'popup,width=480,height=760'), word)
    opened.say()
    return opened
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

  /** Keep the window for the next key: the client's page would close it by itself after its success. */
  hold(): void {
    if (this.view && !this.view.closed) this.view.location.replace('about:blank')
  }

  close(): void {
    if (this.view && !this.view.closed) this.view.close()
  }

  private say(): void {
    try {
      if (this.view) Object.assign(this.view.document.body.style, { font: '16px sans-serif', padding: '24px' })
      if (this.view) this.view.document.body.textContent = this.word
    } catch {
      // An older window of the client still shows the client's page, which is not ours to write in.
    }
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
  client: Dialogs,
  order: SignedOrder,
  view: ShownWindow,
  watcher: SignWatcher,
): Promise<SignResult> {
  const opened = await client.open(order)
  const isOurs = opened.window_url !== null && !view.isBlocked && !view.isClosed
  if (opened.window_url !== null) {
    if (isOurs) view.show(opened.window_url)
    else watcher.onBlocked(opened.window_url)
  }
  const closing = isOurs ? watchClosing(view) : { signal: new AbortController().signal, stop: () => undefined }
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
  client: Dialogs,
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
async function afterClosing(client: Dialogs, dialogId: string): Promise<SignResult> {
  const result = resultOf(await client.cancel(dialogId))
  if (result) return result
  throw problemOf('PIN_CANCELLED')
}

function resultOf(state: DialogState): SignResult | null {
  if (state.phase === 'signed' && state.result) return state.result
  if (state.phase === 'refused' && state.problem) throw new ProblemError(state.problem)
  return null
}

function watchClosing(view: ShownWindow) {
  const controller = new AbortController()
  const timer = setInterval(() => {
    if (view.isClosed) controller.abort()
  }, CLOSED_CHECK_MILLISECONDS)
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
