/** What the wall makes of a board and how it writes figures. */
import { describe, expect, it } from 'vitest'

import type { BoardView, Note, QueueView, SeatView } from '@/api/types'
import { count, dateOf, duration, percent, timeOf } from '@/format'
import { alarming, gridFor, newest, partsByState, queuesByAge, reached, seatsShown, waiting } from '@/pages/wall/shown'

function queue(key: string, since: number, callers: number): QueueView {
  const [language = '', service = ''] = key.split('/')
  return { key, language, service, waiting: callers, ringing: 0, since }
}

function board(parts: Partial<BoardView>): BoardView {
  return { queues: {}, seats: {}, notes: [], ...parts } as BoardView
}

describe('figures', () => {
  it.each([
    [0, '0:00'],
    [9.9, '0:09'],
    [75, '1:15'],
    [3600, '1:00:00'],
    [-3, '0:00'],
  ])('%f seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text)
  })

  it.each([
    [0, '0.0%'],
    [0.9543, '95.4%'],
    [0.9999, '99.9%'],
    [1, '100.0%'],
  ])('a share of %f is %s', (share, text) => {
    expect(percent(share)).toBe(text)
  })

  it('separates thousands', () => {
    expect(count(20431)).toBe('20,431')
  })

  it('tells the time where the centre is', () => {
    const noon = 1_780_027_200
    expect(timeOf(noon, 'Asia/Shanghai')).toBe('12:00:00')
    expect(timeOf(noon, 'Asia/Shanghai', false)).toBe('12:00')
    expect(dateOf(noon, 'Asia/Shanghai', 'zh-CN')).toContain('2026年5月29日')
  })
})

describe('who waits', () => {
  const queues = {
    'cmn/general': queue('cmn/general', 100, 3),
    'khg/aid': queue('khg/aid', 40, 1),
  }

  it('has the longest wait on top', () => {
    expect(queuesByAge(board({ queues })).map((one) => one.key)).toEqual(['khg/aid', 'cmn/general'])
  })

  it('adds up, and knows since when', () => {
    expect(waiting(board({ queues }))).toEqual({ callers: 4, since: 40 })
    expect(waiting(board({}))).toEqual({ callers: 0, since: null })
  })
})

describe('seats', () => {
  it('come in the order of the settings, those at work first', () => {
    const seat = (id: string, state: SeatView['state']): SeatView => ({ id, state }) as SeatView
    const seats = { a: seat('a', 'signed_out'), b: seat('b', 'ready'), c: seat('c', 'talking') }
    expect(seatsShown(board({ seats })).map((one) => one.id)).toEqual(['b', 'c', 'a'])
  })

  it('where nobody sits are left out when there are many', () => {
    const seats = Object.fromEntries(
      Array.from({ length: 30 }, (_, place) => [
        `s${place}`,
        { id: `s${place}`, state: place % 2 === 0 ? 'ready' : 'signed_out' } as SeatView,
      ]),
    )
    expect(seatsShown(board({ seats }))).toHaveLength(15)
  })

  it.each([0, 1, 6, 7, 12, 18, 20, 21, 60, 70, 71, 119])('%i of them all have a tile', (many) => {
    const { columns, rows } = gridFor(many)
    expect(columns * rows).toBeGreaterThanOrEqual(many)
  })

  it('have smaller tiles only when there are more of them', () => {
    const tiles = [1, 6, 7, 20, 21, 70, 71, 119].map((many) => {
      const { columns, rows } = gridFor(many)
      return columns * rows
    })
    expect(tiles).toEqual([...tiles].sort((one, other) => one - other))
  })
})

describe('a target', () => {
  it.each([
    [undefined, 'none'],
    [{ n: 0, d: 0, value: null, target: 0.9 }, 'none'],
    [{ n: 1, d: 2, value: 0.5, target: null }, 'none'],
    [{ n: 9, d: 10, value: 0.9, target: 0.9 }, 'reached'],
    [{ n: 8, d: 10, value: 0.8, target: 0.9 }, 'missed'],
  ] as const)('%j is %s', (figure, state) => {
    expect(reached(figure)).toBe(state)
  })
})

describe('notes', () => {
  const note = (seq: number, type: string, what = ''): Note => ({ seq, type, what }) as Note

  it('are shown newest first, as many as fit', () => {
    const notes = [1, 2, 3].map((seq) => note(seq, 'PbxUp'))
    expect(newest(notes, 2).map((one) => one.seq)).toEqual([3, 2])
  })

  it('of something wrong are marked', () => {
    expect(alarming(note(1, 'PhoneLost'))).toBe(true)
    expect(alarming(note(1, 'CallClosed', 'failed'))).toBe(true)
    expect(alarming(note(1, 'FallbackImported', 'fallback_answered'))).toBe(true)
    expect(alarming(note(1, 'CallClosed', 'answered'))).toBe(false)
    expect(alarming(note(1, 'SeatNotReady', 'meal'))).toBe(false)
  })
})

describe('the parts of the house', () => {
  it('come in one order, what is ill before all else', () => {
    const part = (state: 'ok' | 'degraded' | 'down') => ({ state, behind: null, detail: '' })
    const well = { store: part('ok'), other: part('ok'), pbx: part('ok'), redis: part('ok') }
    const names = (parts: BoardView['parts']): string[] => partsByState(parts).map(([name]) => name)
    expect(names(well)).toEqual(['pbx', 'redis', 'store', 'other'])
    expect(names({ ...well, store: part('degraded'), other: part('down') })).toEqual([
      'other',
      'store',
      'pbx',
      'redis',
    ])
  })
})
