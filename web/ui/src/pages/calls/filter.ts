/**
 * What the list of calls is narrowed to, and how that stands in the page's address: PURE.
 *
 * An address can be shared and written by hand; whatever in it makes no sense is named and nothing
 * is asked of the server. Days are those of the centre's calendar, the last one included.
 */
import { beginOf, dayAfter, dayOf, isDay } from '@/time/zone'

export const PERIODS = ['today', 'yesterday', 'week', 'month', 'last-month'] as const
export type Period = (typeof PERIODS)[number]

/** Fields that take one or more words of a vocabulary. */
export const CHOSEN = [
  'outcome',
  'language',
  'service',
  'kind',
  'matter',
  'group',
  'emotion',
  'score',
] as const
export type Chosen = (typeof CHOSEN)[number]

export interface Filter {
  /** A preset; then `from` and `to` are empty. Empty: whenever. */
  period: Period | ''
  from: string
  to: string
  outcome: string[]
  language: string[]
  service: string[]
  kind: string[]
  /** A heading stands for what lies under it. */
  matter: string[]
  group: string[]
  emotion: string[]
  score: string[]
  seat: string
  person: string
  /** Part of the slip's text, of its place or of its number. */
  text: string
  recorded: boolean
}

/** Which words there are: a field that is left out takes any. */
export type Known = Partial<Record<Chosen | 'seat' | 'person', ReadonlySet<string>>>

export interface Refused {
  field: string
  value: string
}

/** As vue-router hands over an address's query. */
export type Query = Record<string, string | null | (string | null)[] | undefined>

export const MOST_TEXT = 100

export function everything(): Filter {
  return {
    period: '',
    from: '',
    to: '',
    outcome: [],
    language: [],
    service: [],
    kind: [],
    matter: [],
    group: [],
    emotion: [],
    score: [],
    seat: '',
    person: '',
    text: '',
    recorded: false,
  }
}

/** The filter of an address, and what in it is refused. */
export function read(query: Query, known: Known): { filter: Filter; refused: Refused[] } {
  const filter = everything()
  const refused: Refused[] = []
  for (const [field, given] of Object.entries(query)) {
    const values = (Array.isArray(given) ? given : [given]).map((value) => value ?? '')
    if (!(field in filter)) {
      refused.push({ field, value: values.join(' ') })
      continue
    }
    const bad = values.filter((value) => !accept(filter, field as keyof Filter, value, known))
    if (!isChosen(field) && values.length > 1) bad.push(...values.slice(1))
    refused.push(...bad.map((value) => ({ field, value })))
  }
  if (filter.period !== '' && (filter.from !== '' || filter.to !== '')) {
    refused.push({ field: 'period', value: filter.period })
  }
  if (filter.from !== '' && filter.to !== '' && filter.from > filter.to) {
    refused.push({ field: 'to', value: filter.to })
  }
  return { filter, refused }
}

/** Put a value of an address in its place; false: it makes no sense there. */
function accept(filter: Filter, field: keyof Filter, value: string, known: Known): boolean {
  switch (field) {
    case 'period': {
      const period = PERIODS.find((one) => one === value)
      filter.period = period ?? ''
      return period !== undefined
    }
    case 'from':
    case 'to':
      if (!isDay(value)) return false
      filter[field] = value
      return true
    case 'recorded':
      filter.recorded = value === '1'
      return value === '1'
    case 'text':
      filter.text = value.trim()
      return filter.text !== '' && filter.text.length <= MOST_TEXT
    case 'seat':
    case 'person':
      if (value === '' || known[field]?.has(value) === false) return false
      filter[field] = value
      return true
    default:
      if (value === '' || known[field]?.has(value) === false) return false
      if (!filter[field].includes(value)) filter[field].push(value)
      return true
  }
}

function isChosen(field: string): field is Chosen {
  return CHOSEN.some((one) => one === field)
}

/** The shortest address of a filter: what `read` reads back. */
export function write(filter: Filter): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {}
  for (const [field, value] of Object.entries(filter)) {
    if (value === true) query[field] = '1'
    else if (Array.isArray(value) && value.length > 0) query[field] = value as string[]
    else if (typeof value === 'string' && value !== '') query[field] = value
  }
  return query
}

/** How many things a list is narrowed by; a period counts once. */
export function narrowedBy(filter: Filter): number {
  const fields = Object.keys(write(filter))
  return new Set(fields.map((field) => (field === 'from' || field === 'to' ? 'period' : field))).size
}

/** First and last day of a preset, both included. `now`: epoch seconds. */
export function daysOf(period: Period, now: number, zone: string): { from: string; to: string } {
  const today = dayOf(now, zone)
  const first = `${today.slice(0, 8)}01`
  switch (period) {
    case 'today':
      return { from: today, to: today }
    case 'yesterday':
      return { from: dayAfter(today, -1), to: dayAfter(today, -1) }
    case 'week':
      return { from: dayAfter(today, -6), to: today }
    case 'month':
      return { from: first, to: today }
    case 'last-month': {
      const last = dayAfter(first, -1)
      return { from: `${last.slice(0, 8)}01`, to: last }
    }
  }
}

/** `from` ≤ a call's beginning < `to`, epoch seconds, as the API takes them. */
export function spanOf(filter: Filter, now: number, zone: string): { from?: number; to?: number } {
  const days = filter.period === '' ? filter : daysOf(filter.period, now, zone)
  const span: { from?: number; to?: number } = {}
  if (days.from !== '') span.from = beginOf(days.from, zone)
  if (days.to !== '') span.to = beginOf(dayAfter(days.to, 1), zone)
  return span
}
