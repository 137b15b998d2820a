/** One dialog of the security client: open its window, wait for the person and the key, give the result. */
import { ProblemError, problemOf } from '@/api/client'
import type {
  BatchOutcome,
  BatchResult,
  BindResult,
  DialogOpened,
  DialogState,
  EnrolResult,
  LoginResult,
  PinChanged,
  ProblemReport,
  SignedOrder,
  SignResult,
  StoreResult,
  UnlockResult,
} from '@/api/schema'
import { PROTOCOL, type SecurityClient } from './client'

/** What a dialog needs of the client; tests give their own. */
export type Followed = Pick<SecurityClient, 'state' | 'cancel'>
export type Dialogs = Followed & Pick<SecurityClient, 'open'>

/** What each kind of dialog gives. */
export interface Results {
  sign: SignResult
  sign_batch: BatchResult
  login: LoginResult
  bind: BindResult
  enrol: EnrolResult
  store: StoreResult
  unlock: UnlockResult
  change_pin: PinChanged
}
export type Kind = keyof Results

const NAME = 'yunqian-client'
/** Wide where the client shows the pages beside what it asks. */
const FEATURES = { narrow: 'popup,width=480,height=760', wide: 'popup,width=980,height=740' }

/**
 * The client's window, opened inside the click so that the browser does not hold it back.
 *
 * The client's page closes it after a signature, so each further key needs a click of its own. Until then this page
 * could still lead it elsewhere: what the person compares is the check code and the client's own address.
 */
export class ClientWindow {
  private isGiven = false

  private constructor(
    private view: Window | null,
    private readonly features: string,
    word: string,
  ) {
    this.say(word)
  }

  /**
   * Must be called synchronously in a click handler. `word` stands in the window until the client's page comes.
   * A client with a window of its own on the desktop needs none of the browser's.
   */
  static open(word: string, hasDesktopWindow = false, width: keyof typeof FEATURES = 'narrow'): ClientWindow {
    const features = FEATURES[width]
    return new ClientWindow(hasDesktopWindow ? null : window.open('about:blank', NAME, features), features, word)
  }

  /** Show the client's page. False when the window was held back, closed, or already given to an earlier key. */
  show(address: string): boolean {
    if (!this.view || this.view.closed || this.isGiven) {
      this.view = null
      return false
    }
    this.view.location.href = address
    this.isGiven = true
    return true
  }

  /** Open the client's page anew; must be called synchronously in a click handler. */
  reopen(address: string): void {
    this.view = window.open(address, NAME, this.features)
    this.isGiven = true
  }

  /** The client's page was there and the person closed it. */
  get isClosed(): boolean {
    return this.isGiven && (this.view?.closed ?? false)
  }

  /** Close a window that the client's page never came to; that page closes itself. */
  close(): void {
    if (this.view && !this.isGiven) this.view.close()
  }

  private say(word: string): void {
    try {
      const body = this.view?.document.body
      if (!body) return
      Object.assign(body.style, { font: '16px sans-serif', padding: '24px' })
      body.textContent = word
    } catch {
      // An older window of the client still shows the client's page, which is not ours to write in.
    }
  }
}

/** What signing needs of the window. */
export type ShownWindow = Pick<ClientWindow, 'show' | 'isClosed'>

export interface SignWatcher {
  /** The page cannot show this address by itself: the person opens it with a click. */
  onBlocked: (address: string) => void
  /** A wrong PIN and the like, while the client still waits. */
  onTold: (problem: ProblemReport) => void
  /** Of a batch: what is settled already, while the client still waits. */
  onOutcomes?: (outcomes: readonly BatchOutcome[]) => void
}

const CLOSED_CHECK_MILLISECONDS = 400
const OPEN_DIALOG = 'yunqian.open-dialog'

/** Resolves to the key's signature; see `runDialog`. */
export function signOrder(client: Dialogs, order: SignedOrder, view: ShownWindow, watcher: SignWatcher): Promise<SignResult> {
  return runDialog(client, 'sign', () => client.open(order), view, watcher)
}

/** Resolves to the result of the kind; rejects with the client's problem, PIN_CANCELLED when its window was closed. */
export async function runDialog<K extends Kind>(
  client: Followed,
  kind: K,
  open: () => Promise<DialogOpened>,
  view: ShownWindow,
  watcher: SignWatcher,
): Promise<Results[K]> {
  await giveUpLeftover(client)
  const opened = await open()
  sessionStorage.setItem(OPEN_DIALOG, opened.dialog_id)
  if (opened.window_url && !view.show(opened.window_url)) watcher.onBlocked(opened.window_url)
  const closing = watchClosing(view)
  try {
    const result = await waited(client, kind, opened.dialog_id, closing.signal, watcher)
    sessionStorage.removeItem(OPEN_DIALOG)
    return result
  } catch (caught) {
    // Only a client that answered has closed the dialog; a page being left sees its last call fail, too.
    if (!isUnanswered(caught)) sessionStorage.removeItem(OPEN_DIALOG)
    if (!closing.signal.aborted) throw caught
    return await afterClosing(client, kind, opened.dialog_id)
  } finally {
    closing.stop()
  }
}

const isUnanswered = (caught: unknown) => caught instanceof ProblemError && caught.code === 'CLIENT_NOT_FOUND'

/** A dialog that this tab opened and left by a reload: nobody takes its answer, yet it would keep the client busy. */
async function giveUpLeftover(client: Followed): Promise<void> {
  const dialogId = sessionStorage.getItem(OPEN_DIALOG)
  if (!dialogId) return
  sessionStorage.removeItem(OPEN_DIALOG)
  try {
    await client.cancel(dialogId)
  } catch {
    // The client has forgotten it: all the better.
  }
}

async function waited<K extends Kind>(
  client: Followed,
  kind: K,
  dialogId: string,
  signal: AbortSignal,
  watcher: SignWatcher,
): Promise<Results[K]> {
  for (;;) {
    const state = await client.state(dialogId, signal)
    const result = resultOf(state, kind)
    if (result) return result
    if (state.last_problem) watcher.onTold(state.last_problem)
    if (state.outcomes?.length) watcher.onOutcomes?.(state.outcomes)
  }
}

/** The window also closes itself after success: ask once more before calling it cancelled. */
async function afterClosing<K extends Kind>(client: Followed, kind: K, dialogId: string): Promise<Results[K]> {
  const result = resultOf(await client.cancel(dialogId), kind)
  if (result) return result
  throw problemOf('PIN_CANCELLED')
}

/** `signed` is the phase of every act that was done; a client of another mind about the kind is not believed. */
function resultOf<K extends Kind>(state: DialogState, kind: K): Results[K] | null {
  if (state.phase === 'refused' && state.problem) throw new ProblemError(state.problem)
  if (state.phase !== 'signed' || !state.result) return null
  if ((state.kind ?? 'sign') !== kind) throw problemOf('CLIENT_TOO_OLD', { protocol: PROTOCOL })
  return state.result as Results[K]
}

function watchClosing(view: ShownWindow) {
  const controller = new AbortController()
  const timer = setInterval(() => {
    if (view.isClosed) controller.abort()
  }, CLOSED_CHECK_MILLISECONDS)
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
