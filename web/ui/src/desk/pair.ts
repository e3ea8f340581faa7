/** An interpreted call as one of its two seats sees it: PURE. */
import type { BoardView, CallView } from '@/api/types'

export interface Pair {
  /** As what this seat takes part. */
  role: 'specialist' | 'interpreter'
  /** Who the other one is, by name, else by seat. */
  other: string
  interpreter: CallView['interpreter']
  /** This seat has answered, and waits for the other. */
  waits: boolean
  /** The other has answered, and waits for this one. */
  awaited: boolean
}

/** null: the call is no interpreted one, or not this seat's. */
export function pairOf(board: BoardView, call: CallView, seat: string): Pair | null {
  if (call.interpreter_id === '' || ![call.interpreter_id, call.seat_id].includes(seat)) return null
  const role = call.interpreter_id === seat ? 'interpreter' : 'specialist'
  const id = role === 'interpreter' ? call.seat_id : call.interpreter_id
  const other = board.seats[id]
  return {
    role,
    other: other?.person_name || other?.name || id,
    interpreter: call.interpreter,
    waits: call.picked_up === seat,
    awaited: call.picked_up !== '' && call.picked_up !== seat,
  }
}
