/** What the wall shows of a board, and in which order: PURE. */
import type { BoardView, Figure, Note, Part, QueueView, SeatView } from '@/api/types'

/** Seconds from which a wait is marked: those of the widest service level (线上三十秒). */
export const LONG_S = 30

/** The longest wait first: that caller is the most urgent of all. */
export function queuesByAge(board: BoardView): QueueView[] {
  return Object.values(board.queues).sort(
    (one, other) => one.since - other.since || one.key.localeCompare(other.key),
  )
}

export interface Waiting {
  callers: number
  /** Epoch seconds; null when nobody waits. */
  since: number | null
}

export function waiting(board: BoardView): Waiting {
  const queues = queuesByAge(board)
  const callers = queues.reduce((sum, queue) => sum + queue.waiting, 0)
  return { callers, since: queues[0]?.since ?? null }
}

/** From so many seats on only those at work have a tile; the others are in the count above. */
const ALL = 20

/** Seats at work in the order of the settings, then those where nobody sits. */
export function seatsShown(board: BoardView): SeatView[] {
  const seats = Object.values(board.seats)
  const away = seats.filter((seat) => seat.state === 'signed_out')
  const atWork = seats.filter((seat) => seat.state !== 'signed_out')
  return seats.length > ALL ? atWork : [...atWork, ...away]
}

export interface Grid {
  columns: number
  rows: number
  /** How much of a seat a tile holds: two large lines, two lines, one line, one small line. */
  size: 'large' | 'roomy' | 'dense' | 'tight'
}

/** The largest tiles that hold `many` seats without scrolling. */
export function gridFor(many: number): Grid {
  const rows = (columns: number, least: number): number => Math.max(least, Math.ceil(many / columns))
  if (many <= 6) return { columns: 2, rows: rows(2, 3), size: 'large' }
  if (many <= 12) return { columns: 3, rows: rows(3, 4), size: 'roomy' }
  if (many <= ALL) return { columns: 4, rows: rows(4, 5), size: 'roomy' }
  if (many <= 70) return { columns: 5, rows: rows(5, 8), size: 'dense' }
  return { columns: 7, rows: rows(7, 12), size: 'tight' }
}

export type Reached = 'reached' | 'missed' | 'none'

/** Against its target; `none` when there is nothing to divide by, or no target. */
export function reached(figure: Figure | undefined): Reached {
  if (figure?.value == null || figure.target == null) return 'none'
  return figure.value >= figure.target ? 'reached' : 'missed'
}

/** Newest first. */
export function newest(notes: readonly Note[], many: number): Note[] {
  return notes.slice(-many).reverse()
}

/** Notes that tell of something wrong, which the wall marks. */
const ALARMS = new Set(['PhoneLost', 'PbxDown', 'CommandFailed', 'WentToFallback', 'Healed'])

export function alarming(note: Note): boolean {
  return ALARMS.has(note.type) || note.what === 'failed' || note.what.startsWith('fallback_')
}

const ORDER = ['pbx', 'router', 'redis', 'journal', 'store']
const WORST = ['down', 'degraded', 'ok']

/** The parts of the house, what is ill first: it must be seen however little room there is. */
export function partsByState(parts: BoardView['parts']): [string, Part][] {
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  return Object.entries(parts).sort(
    ([one, first], [other, second]) =>
      WORST.indexOf(first.state) - WORST.indexOf(second.state) || place(one) - place(other),
  )
}
