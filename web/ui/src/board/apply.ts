/**
 * The live board as a fold: PURE. A board that every change was applied to is what a fresh board
 * would show (tests/board.test.ts proves it against the server's own fold). Nothing is changed in
 * place: whoever holds the board before may compare.
 */
import type { BoardView, Change, Delta } from '@/api/types'

/** Notes kept, as on the server (web/board.py). */
export const NOTES = 50

export function applyChange(board: BoardView, change: Change): BoardView {
  switch (change.what) {
    case 'seat':
      return { ...board, seats: { ...board.seats, [change.seat.id]: change.seat } }
    case 'call':
      return { ...board, calls: { ...board.calls, [change.call.id]: change.call } }
    case 'call-left':
      return { ...board, calls: without(board.calls, change.id) }
    case 'phone':
      return { ...board, phones: { ...board.phones, [change.phone]: change.reachable } }
    case 'pbx':
      return { ...board, pbx_up: change.up }
    case 'queue':
      return { ...board, queues: { ...board.queues, [change.queue.key]: change.queue } }
    case 'queue-left':
      return { ...board, queues: without(board.queues, change.key) }
    case 'callbacks':
      return { ...board, callbacks: change.waiting }
    case 'seat-states':
      return { ...board, seat_states: change.states }
    case 'part':
      return { ...board, parts: { ...board.parts, [change.name]: change.part } }
    case 'today':
      return { ...board, today: change.today }
    case 'note':
      return { ...board, notes: [...board.notes, change.note].slice(-NOTES) }
  }
}

function without<T>(things: Record<string, T>, gone: string): Record<string, T> {
  return Object.fromEntries(Object.entries(things).filter(([key]) => key !== gone))
}

export function applyDelta(board: BoardView, delta: Delta): BoardView {
  return { ...delta.changes.reduce(applyChange, board), seq: delta.seq }
}
