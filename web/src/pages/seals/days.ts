/** The first moment of the day after: what ends "on" a day ends with it. */
export function dayAfter(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1)
}
