/** What the wall shows of a board, and in which order: PURE. */
import type { BoardView, Figure, Note, QueueView, SeatView } from '@/api/types'

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

/** Seats at work in the order of the settings, then those where nobody sits. */
export function seatsAtWorkFirst(board: BoardView): SeatView[] {
  const seats = Object.values(board.seats)
  return [
    ...seats.filter((seat) => seat.state !== 'signed_out'),
    ...seats.filter((seat) => seat.state === 'signed_out'),
  ]
}

export interface Grid {
  columns: number
  rows: number
}

/**
 * The fewest, largest tiles that hold `many` without scrolling, in a place `wide` times as wide as
 * it is high; a tile is best about twice as wide as high.
 */
export function gridFor(many: number, wide: number): Grid {
  let best: Grid = { columns: 2, rows: 2 }
  let size = 0
  for (let columns = 2; columns <= 12; columns += 1) {
    const rows = Math.max(2, Math.ceil(many / columns))
    const tile = Math.min(wide / columns, 2 / rows)
    if (tile > size) {
      size = tile
      best = { columns, rows }
    }
  }
  return best
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

export const PART_ORDER = ['pbx', 'journal', 'store'] as const
