/**
 * What the phone in the page is at: a PURE machine. It is told what happened and says what is to
 * be done; sockets, sound and clocks are phone.ts's.
 *
 * Two things change apart from each other: the line to the exchange, and the talk. A talk goes on
 * while the line is away, because sound takes another way than signalling.
 */

export type LineState = 'off' | 'registering' | 'registered' | 'lost' | 'refused'
export type TalkState = 'idle' | 'ringing' | 'answering' | 'talking'

export interface PhoneState {
  readonly line: LineState
  readonly talk: TalkState
  readonly muted: boolean
  /** Tries to come back since the line was last there. */
  readonly attempt: number
  /** Code of what refused us, while `line` is `refused`. */
  readonly why: string
}

export type PhoneEvent =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'registered' }
  | { type: 'lost' }
  | { type: 'refused'; why: string }
  /** The pause before another try is over. */
  | { type: 'due' }
  /** `again`: for a talk that goes on, which is taken without being asked for. */
  | { type: 'rung'; again: boolean }
  | { type: 'answer' }
  | { type: 'up' }
  | { type: 'over' }
  | { type: 'mute'; on: boolean }

/** What is to be done, in this order. */
export type Order =
  | 'register'
  | 'wait'
  | 'leave'
  | 'ring'
  | 'hush'
  | 'take' // the call that rings is the phone's call from now on
  | 'turn-away' // the call that rings is not wanted: this phone is in use
  | 'pick-up'
  | 'drop'
  | 'mute'
  | 'unmute'

export interface Step {
  readonly state: PhoneState
  readonly orders: readonly Order[]
}

export const OFF: PhoneState = { line: 'off', talk: 'idle', muted: false, attempt: 0, why: '' }

export function step(state: PhoneState, event: PhoneEvent): Step {
  const to = (change: Partial<PhoneState>, ...orders: Order[]): Step => ({
    state: { ...state, ...change },
    orders,
  })
  const same = to({})
  const silent = { talk: 'idle', muted: false } as const

  switch (event.type) {
    case 'start':
      if (state.line === 'registering' || state.line === 'registered') return same
      return to({ line: 'registering', attempt: 0, why: '' }, 'register')
    case 'stop':
      if (state.line === 'off') return same
      return { state: OFF, orders: ['hush', 'drop', 'leave'] }
    case 'registered':
      if (state.line === 'off') return same
      return to({ line: 'registered', attempt: 0, why: '' })
    case 'lost': {
      if (state.line !== 'registering' && state.line !== 'registered') return same
      const gone = { line: 'lost', attempt: state.attempt + 1 } as const
      // What only rings cannot be answered any more; what talks goes on talking.
      if (state.talk === 'ringing' || state.talk === 'answering') {
        return to({ ...gone, ...silent }, 'hush', 'drop', 'wait')
      }
      return to(gone, 'wait')
    }
    case 'refused':
      if (state.line === 'off') return same
      return to({ line: 'refused', why: event.why })
    case 'due':
      return state.line === 'lost' ? to({ line: 'registering' }, 'register') : same
    case 'rung':
      if (state.line === 'off') return to({}, 'turn-away')
      if (event.again) return to({ talk: 'answering' }, 'hush', 'take', 'pick-up')
      if (state.talk !== 'idle') return to({}, 'turn-away')
      return to({ talk: 'ringing', muted: false }, 'take', 'ring')
    case 'answer':
      return state.talk === 'ringing' ? to({ talk: 'answering' }, 'hush', 'pick-up') : same
    case 'up':
      if (state.talk !== 'answering') return same
      return state.muted ? to({ talk: 'talking' }, 'mute') : to({ talk: 'talking' })
    case 'over':
      return state.talk === 'idle' ? same : to(silent, 'hush', 'unmute')
    case 'mute':
      if (state.talk !== 'talking' || state.muted === event.on) return same
      return to({ muted: event.on }, event.on ? 'mute' : 'unmute')
  }
}

/** Seconds before try `attempt` (from 1). `chance` in 0…1 keeps many phones apart. */
export function pauseBefore(attempt: number, chance: number): number {
  const most = Math.min(6, 0.5 * 2 ** (attempt - 1))
  return most * (0.5 + chance / 2)
}
