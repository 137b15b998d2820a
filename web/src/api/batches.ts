/** Calls of signing many documents in one go. */
import { ask } from './client'
import type { Batch, BatchAnswered, BatchAsked, BatchLine, MakeBatch, SealChoice, SignResult } from './schema'

export const sealsForBatch = () => ask<SealChoice[]>('GET', '/batches/seals')
export const makeBatch = (wanted: MakeBatch) => ask<Batch>('POST', '/batches', wanted)
export const batch = (id: string) => ask<Batch>('GET', `/batches/${id}`)
export const openLine = (id: string, position: number) => ask<BatchLine>('POST', `/batches/${id}/lines/${position}/open`)
export const batchOrder = (id: string) => ask<BatchAsked>('GET', `/batches/${id}/order`)
export const takeResults = (id: string, results: readonly SignResult[]) => ask<BatchAnswered>('POST', `/batches/${id}/results`, { results })
export const finishLine = (id: string, position: number) => ask<BatchLine>('POST', `/batches/${id}/lines/${position}/finish`)
