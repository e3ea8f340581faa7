/** The pure parts of the list of calls and of the player. */
import { describe, expect, it } from 'vitest'

import {
  daysOf,
  everything,
  narrowedBy,
  PERIODS,
  read,
  spanOf,
  write,
  type Filter,
} from '@/pages/calls/filter'
import { asked } from '@/pages/calls/query'
import { keyed } from '@/player/keys'
import { mayHear } from '@/player/rights'
import { NotWav, Outline } from '@/player/wave'
import { beginOf, clockOf, dayAfter, dayOf, isDay, lasted, lengthOf } from '@/time/zone'

const ZONE = 'Asia/Shanghai'
const NOON = 1_780_027_200 // 2026-05-29 12:00 in Sichuan
const KNOWN = { outcome: new Set(['answered', 'voicemail']), seat: new Set(['8001']) }

describe('an address', () => {
  it('says the same as its filter, whatever is in it', () => {
    const filter: Filter = {
      ...everything(),
      from: '2026-05-01',
      to: '2026-05-31',
      outcome: ['answered', 'voicemail'],
      matter: ['A0301'],
      group: ['elderly'],
      emotion: ['4'],
      score: ['4', '5'],
      seat: '8001',
      person: 'p-1',
      text: '拖欠 工资',
      recorded: true,
    }
    expect(read(write(filter), KNOWN)).toEqual({ filter, refused: [] })
    expect(read({}, KNOWN)).toEqual({ filter: everything(), refused: [] })
    expect(write(everything())).toEqual({})
    for (const period of PERIODS) expect(read({ period }, {}).filter.period).toBe(period)
  })

  it.each([
    [{ outcome: 'nonsense' }, 'outcome', 'nonsense'],
    [{ outcome: ['answered', 'nonsense'] }, 'outcome', 'nonsense'],
    [{ seat: '9' }, 'seat', '9'],
    [{ seat: ['8001', '8001'] }, 'seat', '8001'],
    [{ period: 'never' }, 'period', 'never'],
    [{ from: '2026-02-30' }, 'from', '2026-02-30'],
    [{ from: '2026-05-02', to: '2026-05-01' }, 'to', '2026-05-01'],
    [{ period: 'today', from: '2026-05-01' }, 'period', 'today'],
    [{ recorded: 'maybe' }, 'recorded', 'maybe'],
    [{ text: 'x'.repeat(101) }, 'text', 'x'.repeat(101)],
    [{ language: null }, 'language', ''],
    [{ colour: 'red' }, 'colour', 'red'],
  ])('with %j is refused and says what is wrong', (query, field, value) => {
    expect(read(query, KNOWN).refused).toEqual([{ field, value }])
  })

  it('counts a period once', () => {
    expect(narrowedBy(everything())).toBe(0)
    expect(narrowedBy({ ...everything(), from: '2026-05-01', to: '2026-05-02', seat: '1' })).toBe(2)
  })
})

describe('what the server is asked', () => {
  it('is nothing but the filter', () => {
    expect(asked(everything(), NOON, ZONE)).toEqual({})
    const filter = {
      ...everything(),
      from: '2026-05-29',
      outcome: ['answered'],
      emotion: ['3', '4'],
      score: ['5'],
      matter: ['A03'],
      text: '工资',
      recorded: true,
      person: 'p-1',
    }
    expect(asked(filter, NOON, ZONE)).toEqual({
      from: NOON - 12 * 3600,
      outcome: ['answered'],
      emotion: [3, 4],
      score: [5],
      matter: ['A03'],
      text: '工资',
      recorded: true,
      person: 'p-1',
    })
  })
})

describe('a period', () => {
  it.each([
    ['today', '2026-05-29', '2026-05-29'],
    ['yesterday', '2026-05-28', '2026-05-28'],
    ['week', '2026-05-23', '2026-05-29'],
    ['month', '2026-05-01', '2026-05-29'],
    ['last-month', '2026-04-01', '2026-04-30'],
  ] as const)('%s is from %s to %s', (period, from, to) => {
    expect(daysOf(period, NOON, ZONE)).toEqual({ from, to })
  })

  it('ends with its last day', () => {
    const span = spanOf({ ...everything(), period: 'today' }, NOON, ZONE)
    expect(span).toEqual({ from: NOON - 12 * 3600, to: NOON + 12 * 3600 })
    expect(spanOf({ ...everything(), from: '2026-05-29' }, NOON, ZONE)).toEqual({
      from: NOON - 12 * 3600,
    })
    expect(spanOf(everything(), NOON, ZONE)).toEqual({})
  })
})

describe('days and clocks', () => {
  it('are those of the centre', () => {
    expect(dayOf(NOON + 12 * 3600, ZONE)).toBe('2026-05-30')
    expect(clockOf(NOON, ZONE)).toBe('12:00:00')
    expect(clockOf(NOON + 12 * 3600, ZONE)).toBe('00:00:00')
  })

  it('begin right where clocks are changed', () => {
    // 2026-03-29: at 01:00 UTC clocks in Berlin jump from 2 to 3.
    expect(beginOf('2026-03-29', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 28, 23) / 1000)
    expect(beginOf('2026-03-30', 'Europe/Berlin')).toBe(Date.UTC(2026, 2, 29, 22) / 1000)
    expect(beginOf('2026-05-29', ZONE)).toBe(NOON - 12 * 3600)
  })

  it('know the calendar', () => {
    expect(isDay('2028-02-29')).toBe(true)
    expect(isDay('2026-02-29')).toBe(false)
    expect(isDay('2026-2-1')).toBe(false)
    expect(dayAfter('2026-03-01', -1)).toBe('2026-02-28')
  })

  it('tell lengths like a stopwatch', () => {
    expect([0, 7.9, 754, 3723, -2].map(lengthOf)).toEqual(['0:00', '0:07', '12:34', '1:02:03', '0:00'])
    expect(lasted(59.6)).toBe('1:00')
  })
})

/** A WAV file of these 16-bit frames, one array per channel, with a chunk before the samples. */
function wav(channels: number[][], rate = 8000): Uint8Array {
  const width = 2 * channels.length
  const frames = channels[0]?.length ?? 0
  const view = new DataView(new ArrayBuffer(54 + frames * width))
  const bytes = new Uint8Array(view.buffer)
  bytes.set(new TextEncoder().encode('RIFF....WAVEfmt '), 0)
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels.length, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * width, true)
  view.setUint16(32, width, true)
  view.setUint16(34, 16, true)
  bytes.set(new TextEncoder().encode('LIST'), 36)
  view.setUint32(40, 1, true) // an odd chunk is padded
  bytes.set(new TextEncoder().encode('data'), 46)
  view.setUint32(50, frames * width, true)
  for (const [place, samples] of channels.entries()) {
    for (const [i, sample] of samples.entries()) view.setInt16(54 + i * width + 2 * place, sample, true)
  }
  return bytes
}

describe('an outline', () => {
  const left = Array.from({ length: 80 }, (_, i) => (i < 40 ? 16384 : 0))
  const right = Array.from({ length: 80 }, (_, i) => (i === 79 ? -32768 : 0))

  it.each([1, 3, 7, 50, 1000])('is the same in pieces of %i bytes', (size) => {
    const outline = new Outline(4)
    const bytes = wav([left, right])
    for (let at = 0; at < bytes.length; at += size) outline.push(bytes.subarray(at, at + size))
    expect(outline.channels.map((peaks) => [...peaks])).toEqual([
      [0.5, 0.5, 0, 0],
      [0, 0, 0, 1],
    ])
    expect(outline).toMatchObject({ seconds: 0.01, heard: 0.01, done: 1, rate: 8000 })
  })

  it('knows how far it is', () => {
    const outline = new Outline(4)
    const bytes = wav([left])
    outline.push(bytes.subarray(0, 54 + 80))
    expect(outline).toMatchObject({ seconds: 0.01, heard: 0.005, done: 0.5 })
    expect(outline.channels).toHaveLength(1)
  })

  it('is not made of what is no recording of ours', () => {
    expect(() => {
      new Outline(4).push(new TextEncoder().encode('<!doctype html> and so on'))
    }).toThrow(NotWav)
    const compressed = wav([left])
    compressed[20] = 7
    expect(() => {
      new Outline(4).push(compressed)
    }).toThrow(NotWav)
  })
})

describe('a recording', () => {
  it('is gone through with keys, never beyond its ends', () => {
    expect(keyed('ArrowRight', 10, 100)).toBe(15)
    expect(keyed('ArrowLeft', 3, 100)).toBe(0)
    expect(keyed('PageUp', 90, 100)).toBe(100)
    expect(keyed('PageDown', 90, 100)).toBe(60)
    expect(keyed('Home', 90, 100)).toBe(0)
    expect(keyed('End', 90, 100)).toBe(100)
    expect(keyed('a', 90, 100)).toBeNull()
  })

  it('is for the ears of those who have the right', () => {
    expect(mayHear({ role: 'seat', provider: 'staff' })).toBe(true)
    expect(mayHear({ role: 'seat', provider: 'purchased' })).toBe(false)
    expect(mayHear({ role: 'analyst', provider: 'staff' })).toBe(false)
    expect(mayHear({ role: 'supervisor', provider: 'staff' })).toBe(true)
  })
})
