/** A note of the board in a sentence. */
import { useI18n } from 'vue-i18n'

import type { Note } from '@/api/types'
import { duration } from '@/format'
import { useCatalogue } from '@/stores/catalogue'

/** Notes that have a sentence of their own: types of facts, as web/notes.py hands them out. */
const TOLD = [
  'CallClosed',
  'FallbackImported',
  'WentToFallback',
  'OfferEnded',
  'SeatSignedIn',
  'SeatSignedOut',
  'SeatNotReady',
  'PhoneLost',
  'PbxUp',
  'PbxDown',
  'LineStarted',
  'PolicyAdopted',
  'Healed',
  'CommandFailed',
] as const

export function useTelling(): (note: Note) => string {
  const { t } = useI18n()
  const words = useCatalogue()

  function what(note: Note): string {
    if (note.type === 'OfferEnded') return words.name('offer_ends', note.what)
    if (note.type === 'SeatNotReady') return words.name('reasons', note.what)
    if (note.type === 'CommandFailed' || note.type === 'PolicyAdopted') return note.what
    return words.name('outcomes', note.what)
  }

  return (note) => {
    const type = TOLD.find((told) => told === note.type)
    if (type === undefined) return note.type
    const from = [words.name('languages', note.language), words.name('services', note.service)]
    return t(`wall.note.${type}`, {
      seat: words.seat(note.seat_id),
      person: note.person_name,
      from: from.filter((part) => part !== '').join(' · '),
      what: what(note),
      time: note.seconds == null ? '–' : duration(note.seconds),
    })
  }
}
