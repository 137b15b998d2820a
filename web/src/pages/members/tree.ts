/** The tree of departments, as rows in reading order with their depth. */
import type { Department } from '@/api/schema'

export interface Row {
  department: Department
  depth: number
}

/** Every department once, each below its parent; one whose parent is missing stands at the top. */
export function rows(departments: readonly Department[]): Row[] {
  const known = new Set(departments.map(({ id }) => id))
  const below = new Map<string | null, Department[]>()
  for (const one of departments) {
    const parent = one.parent_id !== null && known.has(one.parent_id) ? one.parent_id : null
    below.set(parent, [...(below.get(parent) ?? []), one])
  }
  const found: Row[] = []
  const walk = (parent: string | null, depth: number): void => {
    for (const department of below.get(parent) ?? []) {
      found.push({ department, depth })
      walk(department.id, depth + 1)
    }
  }
  walk(null, 0)
  return found
}
