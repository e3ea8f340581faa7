/**
 * What is typed and not saved yet, for this tab alone and no longer than needed: it is what callers
 * said. Gone when it is saved, when its writer signs out, when somebody else signs in and when the
 * tab is closed.
 */
import type { Draft } from './editor'

const PREFIX = 'hotline.slip.'

const keyOf = (person: string, call: string): string => `${PREFIX}${person}.${call}`

export function keepDraft(person: string, call: string, draft: Draft | null): void {
  if (draft === null) sessionStorage.removeItem(keyOf(person, call))
  else sessionStorage.setItem(keyOf(person, call), JSON.stringify(draft))
}

export function keptDraft(person: string, call: string): Draft | null {
  const text = sessionStorage.getItem(keyOf(person, call))
  if (text === null) return null
  try {
    return JSON.parse(text) as Draft
  } catch {
    return null
  }
}

/** The calls of which this person has something unsaved. */
export function callsWithDrafts(person: string): string[] {
  const mine = keyOf(person, '')
  return Object.keys(sessionStorage)
    .filter((key) => key.startsWith(mine))
    .map((key) => key.slice(mine.length))
}

/** Forget everybody's but this person's; null: everybody's. */
export function forgetDrafts(but: string | null): void {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(PREFIX) && (but === null || !key.startsWith(keyOf(but, '')))) {
      sessionStorage.removeItem(key)
    }
  }
}
