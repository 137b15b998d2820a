/**
 * Documents on their way to the server, one after another, each in parts: a cut connection, a pause or a reload of the
 * page loses at most one part. The server knows a document by its digest, so the same one chosen again goes on.
 */
import { computed, getCurrentScope, onScopeDispose, reactive, ref } from 'vue'
import * as documents from '@/api/calls'
import { asProblem, problemOf, type ProblemError } from '@/api/client'
import type { IncomingUpload, Upload } from '@/api/schema'
import * as calls from '@/api/uploads'
import { useSession } from '@/session'

/** `locked`: its protection may be removed (`unlock`), the bytes are there. `refused`: only another document helps. */
export type UploadState = 'waiting' | 'sending' | 'paused' | 'checking' | 'accepted' | 'locked' | 'refused'

export interface UploadRow {
  readonly id: number
  readonly name: string
  readonly size: number
  progress: number
  state: UploadState
  problem: ProblemError | null
  upload: Upload | null
}

interface Sending {
  file: File
  incoming: IncomingUpload | null
  stop: AbortController
  mayUnlock: boolean
}

/** Seconds after which a cut connection is tried again by itself; then the person is asked to. */
export const RETRY_SECONDS = [1, 3, 9]
const CHECK_SECONDS = 1
const MOST_CHECKS = 180

const seconds = (count: number) => new Promise<void>((resolve) => setTimeout(resolve, count * 1000))

export function useUploads() {
  const { state: session } = useSession()
  const rows = ref<UploadRow[]>([])
  const sendings = new Map<number, Sending>()
  let next = 1
  let isRunning = false

  const accepted = computed(() => rows.value.flatMap((row) => (row.upload ? [row.upload] : [])))
  const isBusy = computed(() => rows.value.some((row) => ['waiting', 'sending', 'checking'].includes(row.state)))

  /** Take documents that were chosen or dropped; one that is there already is not taken twice. */
  function add(files: Iterable<File>): void {
    for (const file of files) {
      if ([...sendings.values()].some((one) => isSame(one.file, file))) continue
      const row: UploadRow = reactive({ id: next++, name: shown(file.name), size: file.size, progress: 0, state: 'waiting', problem: null, upload: null })
      rows.value.push(row)
      sendings.set(row.id, { file, incoming: null, stop: new AbortController(), mayUnlock: false })
      refuse(row, session.platform?.upload_limit_bytes ?? Infinity)
    }
    void run()
  }

  /** Documents that were accepted earlier, such as those of a draft. */
  function restore(uploads: readonly Upload[]): void {
    for (const upload of uploads) {
      rows.value.push(reactive({ id: next++, name: upload.name, size: upload.size_bytes, progress: 1, state: 'accepted', problem: null, upload }))
    }
  }

  /** Forget the i-th, on the server too; that it could not be reached does not keep it here. */
  function remove(index: number): void {
    const [row] = rows.value.splice(index, 1)
    if (!row) return
    const sending = sendings.get(row.id)
    sendings.delete(row.id)
    sending?.stop.abort()
    const gone = row.upload ? documents.dropUpload(row.upload.id) : sending?.incoming ? calls.dropIncomingUpload(sending.incoming.id) : null
    gone?.catch(() => undefined)
  }

  function pause(index: number): void {
    const row = rows.value[index]
    const sending = row && sendings.get(row.id)
    if (!row || !sending || !['waiting', 'sending'].includes(row.state)) return
    row.state = 'paused'
    sending.stop.abort()
  }

  function resume(index: number): void {
    const row = rows.value[index]
    const sending = row && sendings.get(row.id)
    if (!row || !sending || row.state !== 'paused') return
    Object.assign(row, { state: 'waiting', problem: null })
    sending.stop = new AbortController()
    void run()
  }

  /** The person may remove the protection of the i-th document; its bytes need not be sent again. */
  function unlock(index: number): void {
    const row = rows.value[index]
    const sending = row && sendings.get(row.id)
    if (!row || !sending || row.state !== 'locked') return
    sending.mayUnlock = true
    Object.assign(row, { state: 'waiting', problem: null })
    void run()
  }

  function move(from: number, to: number): void {
    const [row] = rows.value.splice(from, 1)
    if (row) rows.value.splice(to, 0, row)
  }

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    try {
      for (let row = waiting(); row; row = waiting()) await bring(row)
    } finally {
      isRunning = false
    }
  }

  const waiting = () => rows.value.find((row) => row.state === 'waiting')

  /** One document to its end, with a few more tries where trying again can help. */
  async function bring(row: UploadRow): Promise<void> {
    for (const pauseSeconds of [...RETRY_SECONDS, null]) {
      const sending = sendings.get(row.id)
      if (!sending || !['waiting', 'sending', 'checking'].includes(row.state)) return
      try {
        return await attempt(row, sending)
      } catch (caught) {
        if (row.state === 'paused' || !sendings.has(row.id)) return
        const problem = asProblem(caught)
        if (!problem.report.is_retriable) return settle(row, sending, problem)
        if (pauseSeconds === null) Object.assign(row, { state: 'paused', problem })
        else await seconds(pauseSeconds)
      }
    }
  }

  async function attempt(row: UploadRow, sending: Sending): Promise<void> {
    row.state = 'sending'
    sending.incoming = await begun(row, sending)
    while (sending.incoming.received_bytes < row.size) sending.incoming = await part(row, sending, sending.incoming)
    row.progress = 1
    row.state = 'checking'
    const { id } = sending.incoming
    let standing = await calls.finishUpload(id, { remove_protection: sending.mayUnlock, keep_form: false })
    for (let looks = 0; !standing.upload && standing.is_checking && looks < MOST_CHECKS; looks++) {
      await seconds(CHECK_SECONDS)
      standing = await calls.incomingUpload(id)
    }
    if (!standing.upload) throw problemOf('SERVER_UNREACHABLE')
    Object.assign(row, { upload: standing.upload, name: standing.upload.name, state: 'accepted', problem: null })
  }

  /** Where to go on: what the server has of it, or a new one. */
  async function begun(row: UploadRow, sending: Sending): Promise<IncomingUpload> {
    try {
      if (sending.incoming) return await calls.incomingUpload(sending.incoming.id)
    } catch (caught) {
      if (asProblem(caught).code !== 'UPLOAD_NOT_FOUND') throw caught
    }
    const sha256 = await digest(sending.file)
    const found = await calls.beginUpload({ name: row.name, size_bytes: row.size, sha256 })
    row.progress = found.received_bytes / row.size
    return found
  }

  async function part(row: UploadRow, sending: Sending, standing: IncomingUpload): Promise<IncomingUpload> {
    const from = standing.received_bytes
    const bytes = sending.file.slice(from, Math.min(from + standing.part_bytes, row.size))
    const told = (share: number) => (row.progress = (from + share * bytes.size) / row.size)
    return await calls.sendPart(standing.id, from, bytes, told, sending.stop.signal)
  }

  function settle(row: UploadRow, sending: Sending, problem: ProblemError): void {
    row.problem = problem
    row.state = problem.code === 'DOCUMENT_PROTECTED' ? 'locked' : problem.code === 'UPLOADS_TOO_MANY' ? 'paused' : 'refused'
    if (row.state === 'refused') sending.incoming = null
  }

  const whenOnline = () => rows.value.forEach((row, index) => row.state === 'paused' && row.problem && resume(index))
  window.addEventListener('online', whenOnline)
  if (getCurrentScope()) {
    onScopeDispose(() => {
      window.removeEventListener('online', whenOnline)
      for (const { stop } of sendings.values()) stop.abort()
      sendings.clear()
    })
  }
  return { rows, accepted, isBusy, add, restore, remove, pause, resume, unlock, move }
}

/** Refused at once by what the page knows already. */
function refuse(row: UploadRow, limit: number): void {
  const mb = (bytes: number) => (bytes / 1_048_576).toFixed(1).replace(/\.0$/, '')
  if (row.size > limit) row.problem = problemOf('DOCUMENT_TOO_LARGE', { size_mb: mb(row.size), limit_mb: mb(limit) })
  if (row.size === 0) row.problem = problemOf('DOCUMENT_EMPTY')
  if (row.problem) row.state = 'refused'
}

/** A name as it may be shown: no control characters, nothing that turns the direction of the text. */
const shown = (name: string) => name.replace(/\p{C}/gu, '')

const isSame = (one: File, other: File) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified

/** SHA-256 in hex; null where the page is not served securely, and then only this page can go on with it. */
async function digest(file: File): Promise<string | null> {
  let bytes: ArrayBuffer
  try {
    bytes = await file.arrayBuffer()
  } catch {
    throw problemOf('UPLOAD_UNREADABLE', { name: file.name })
  }
  if (!globalThis.crypto?.subtle) return null
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...sum].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
