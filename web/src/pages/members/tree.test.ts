import { describe, expect, it } from 'vitest'
import type { Department } from '@/api/schema'
import { rows } from './tree'

const one = (id: string, parent_id: string | null = null): Department => ({ id, name: id, parent_id, member_count: 0 })

describe('the tree of departments', () => {
  it('shows each below its parent, with its depth', () => {
    const shown = rows([one('b', 'a'), one('a'), one('c', 'b'), one('d')])
    expect(shown.map(({ department, depth }) => [department.id, depth])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 0],
    ])
  })

  it('loses nobody whose parent is missing', () => {
    expect(rows([one('x', 'gone')]).map(({ department }) => department.id)).toEqual(['x'])
  })
})
