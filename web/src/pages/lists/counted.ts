/** Numbers of lines as people read them: beyond what is counted out, how many there are at least. */
import type { ListCount } from '@/api/schema'

export function counted(told: ListCount | undefined): string {
  return told ? `${told.count}${told.is_capped ? '+' : ''}` : '0'
}
