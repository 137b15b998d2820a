import { expect, test } from 'vitest'
import type { EnvelopeSummary } from '@/api/schema'
import { daysBetween, statusOf } from './status'

const NOW = new Date('2026-11-23T10:00:00')
const ROW: EnvelopeSummary = {
  id: '1',
  title: '采购合同',
  state: 'open',
  initiator: { id: '2', name: '李明', account: null, tenant_name: null, department: null },
  tenant_name: '广东示例科技有限公司',
  created_at: '2026-11-20T10:00:00',
  deadline_at: null,
  completed_at: null,
  document_count: 1,
  page_count: 4,
  signed_count: 0,
  recipient_count: 2,
  my_state: null,
  my_signed_at: null,
  waiting_for: ['李四'],
  waiting_since: '2026-11-21T09:00:00',
  ended_by: null,
  found_in: [],
}
const status = (changes: Partial<EnvelopeSummary>) => {
  const told = statusOf({ ...ROW, ...changes }, NOW, (names) => names.join('、'), (at) => at.slice(0, 10))
  return [told.tone, told.head.key, told.head.facts, ...told.rest.map((one) => [one.key, ...Object.values(one.facts)])]
}

test('whose turn it is, since when and until when', () => {
  expect(status({ deadline_at: '2026-11-30T18:00:00' })).toEqual(['info', 'state.waiting', { names: '李四' }, ['lists.forDays', 2], ['lists.due', '2026-11-30']])
  expect(status({ my_state: 'ready', deadline_at: '2026-11-24T01:00:00' })).toEqual(['todo', 'state.mine', {}, ['lists.forDays', 2], ['lists.dueTomorrow']])
  expect(status({ my_state: 'ready', deadline_at: '2026-11-23T23:00:00', waiting_since: '2026-11-23T09:59:00' })).toEqual(['todo', 'state.mine', {}, ['lists.justNow'], ['lists.dueToday']])
  expect(status({ waiting_since: '2026-11-22T23:30:00' }).at(-1)).toEqual(['lists.forHours', 10])
})

test('many names are two and a number', () => {
  expect(status({ waiting_for: ['甲', '乙', '丙'] }).slice(0, 3)).toEqual(['info', 'lists.waitingMany', { names: '甲、乙', n: 3 }])
})

test.each([
  [{ state: 'completed', completed_at: '2026-11-22T10:00:00' }, ['ok', 'state.completed', {}, ['lists.completedOn', '2026-11-22']]],
  [{ state: 'declined', ended_by: '张伟' }, ['bad', 'state.declined', {}, ['lists.declinedBy', '张伟']]],
  [{ state: 'voided', ended_by: '李明' }, ['', 'state.voided', {}, ['lists.voidedBy', '李明']]],
  [{ state: 'expired', deadline_at: '2026-11-20T10:00:00' }, ['', 'state.expired', {}, ['lists.expiredOn', '2026-11-20']]],
  [{ waiting_for: [], waiting_since: null }, ['info', 'state.notYet', {}]],
] as [Partial<EnvelopeSummary>, unknown[]][])('how it ended: %o', (changes, wanted) => {
  expect(status(changes)).toEqual(wanted)
})

test('days are those of the calendar', () => {
  expect(daysBetween(new Date('2026-11-22T23:59:00'), new Date('2026-11-23T00:01:00'))).toBe(1)
  expect(daysBetween(new Date('2026-11-23T00:01:00'), new Date('2026-11-23T23:59:00'))).toBe(0)
})
