/** Months as `YYYY-MM`, and the versions of their reports: PURE. */
import type { Listed } from '@/api/types'

export interface Month {
  month: string
  /** Newest first. */
  versions: Listed[]
}

/** The newest month first; the server's order within a month is kept. */
export function byMonth(reports: readonly Listed[]): Month[] {
  const months = new Map<string, Listed[]>()
  for (const report of reports) {
    const versions = months.get(report.month)
    if (versions === undefined) months.set(report.month, [report])
    else versions.push(report)
  }
  return [...months].map(([month, versions]) => ({ month, versions }))
}

/** The month that an epoch second lies in where the centre is. */
export function monthOf(epoch: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', timeZone: zone })
  return parts.format(epoch * 1000).slice(0, 7)
}

export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, '0')}`
}

/** `2026年5月`, `May 2026`. */
export function monthName(month: string, language: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number)
  return new Intl.DateTimeFormat(language, { year: 'numeric', month: 'long', timeZone: 'UTC' }).format(
    Date.UTC(year, number - 1, 1),
  )
}
