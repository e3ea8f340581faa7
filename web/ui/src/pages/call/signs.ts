/** Which part of a call a fact belongs to: PURE. For a sign beside its sentence; says nothing new. */

export type Part = 'caller' | 'wait' | 'offer' | 'talk' | 'rating' | 'message' | 'end' | 'trouble' | 'other'

export const SIGNS: Record<Part, string> = {
  caller: '☎',
  wait: '⋯',
  offer: '→',
  talk: '✓',
  rating: '★',
  message: '✉',
  end: '■',
  trouble: '!',
  other: '·',
}

const PARTS: Record<string, Part> = {
  CallOpened: 'caller',
  MenuEntered: 'caller',
  KeyTaken: 'caller',
  KeyWrong: 'caller',
  MenuSilent: 'caller',
  Queued: 'wait',
  Relaxed: 'wait',
  WaitTold: 'wait',
  Offered: 'offer',
  OfferRang: 'offer',
  OfferEnded: 'offer',
  PickedUp: 'offer',
  Connected: 'talk',
  CallHeld: 'talk',
  CallResumed: 'talk',
  Rejoined: 'talk',
  TalkEnded: 'talk',
  InterpreterJoined: 'talk',
  InterpreterLeft: 'talk',
  RejoinRung: 'offer',
  RejoinEnded: 'offer',
  RatingInvited: 'rating',
  Rated: 'rating',
  RatingMissed: 'rating',
  VoicemailInvited: 'message',
  VoicemailStarted: 'message',
  VoicemailKept: 'message',
  VoicemailEmpty: 'message',
  CallClosed: 'end',
  FallbackImported: 'end',
  WentToFallback: 'trouble',
  SeatAway: 'trouble',
  CommandFailed: 'trouble',
  Healed: 'trouble',
}

/** Of a fact by its type. */
export function partOf(type: string): Part {
  return PARTS[type] ?? 'other'
}
