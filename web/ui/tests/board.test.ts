/** The screens' fold against the server's: tests/web/recorded.py wrote what the board told. */
import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import type { BoardView, LiveMessage } from '@/api/types'
import { applyDelta, NOTES } from '@/board/apply'

interface Told {
  message: LiveMessage
  view: BoardView
}

const file = new URL('../.made/board.json', import.meta.url)
const stories = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Told[]>

function shown(before: BoardView | null, message: LiveMessage): BoardView {
  if (message.type === 'board') return message.board
  if (message.type === 'changes' && before !== null) return applyDelta(before, message)
  throw new Error(`a story does not begin with ${message.type}`)
}

describe.each(Object.entries(stories))('%s', (_, told) => {
  it('shows after every message what the server would show', () => {
    let board: BoardView | null = null
    for (const { message, view } of told) {
      board = shown(board, message)
      expect(board).toEqual(view)
    }
  })

  it('leaves the board before as it was', () => {
    let board: BoardView | null = null
    for (const { message } of told) {
      const before: string = JSON.stringify(board)
      const after = shown(board, message)
      expect(JSON.stringify(board)).toBe(before)
      board = after
    }
  })
})

it('was recorded from calls that come, wait, are served and leave', () => {
  const changes = Object.values(stories)
    .flat()
    .flatMap(({ message }) => (message.type === 'changes' ? message.changes : []))
  expect(new Set(changes.map((change) => change.what))).toEqual(
    new Set([
      'seat',
      'call',
      'call-left',
      'phone',
      'pbx',
      'queue',
      'queue-left',
      'callbacks',
      'seat-states',
      'part',
      'today',
      'note',
    ]),
  )
})

it('keeps the newest notes and lets the oldest fall off', () => {
  const told = Object.values(stories)[0]?.[0]
  if (told?.message.type !== 'board') throw new Error('no board')
  const board = { ...told.message.board, notes: [] }
  const note = {
    at: 0,
    type: 'PbxUp',
    seat_id: '',
    person_name: '',
    call_id: '',
    language: '',
    service: '',
    what: '',
    seconds: null,
  }
  const changes = Array.from({ length: NOTES + 3 }, (_, seq) => ({
    what: 'note' as const,
    note: { ...note, seq },
  }))
  const after = applyDelta(board, { type: 'changes', now: 0, seq: 99, changes })
  expect(after.notes.map((kept) => kept.seq)).toEqual(
    Array.from({ length: NOTES }, (_, index) => index + 3),
  )
  expect(after.seq).toBe(99)
})
