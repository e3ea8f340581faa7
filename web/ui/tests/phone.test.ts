/** The phone's machine: what it orders, and what it never does. */
import { describe, expect, it } from 'vitest'

import { reasonOf } from '@/phone/devices'
import { OFF, pauseBefore, step, type Order, type PhoneEvent, type PhoneState } from '@/phone/machine'
import { loudness } from '@/phone/sounds'

const start: PhoneEvent = { type: 'start' }
const registered: PhoneEvent = { type: 'registered' }
const lost: PhoneEvent = { type: 'lost' }
const rung: PhoneEvent = { type: 'rung', again: false }
const again: PhoneEvent = { type: 'rung', again: true }
const answer: PhoneEvent = { type: 'answer' }
const up: PhoneEvent = { type: 'up' }

function play(...events: PhoneEvent[]): { state: PhoneState; orders: Order[] } {
  let state = OFF
  let last: readonly Order[] = []
  for (const event of events) {
    const next = step(state, event)
    state = next.state
    last = next.orders
  }
  return { state, orders: [...last] }
}

describe('the line', () => {
  it('registers once', () => {
    expect(play(start)).toMatchObject({ state: { line: 'registering' }, orders: ['register'] })
    expect(play(start, start).orders).toEqual([])
    expect(play(start, registered).state.line).toBe('registered')
  })

  it('comes back after a pause, each time a longer one', () => {
    const { state, orders } = play(start, registered, lost)
    expect([state.line, state.attempt, orders]).toEqual(['lost', 1, ['wait']])
    expect(play(start, registered, lost, lost).orders).toEqual([])
    expect(play(start, registered, lost, { type: 'due' }).orders).toEqual(['register'])
    expect(play(start, registered, lost, { type: 'due' }, lost).state.attempt).toBe(2)
    expect(play(start, lost, { type: 'due' }, registered).state.attempt).toBe(0)
    const pauses = Array.from({ length: 8 }, (_, n) => pauseBefore(n + 1, 1))
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect([pauses[0], pauses.at(-1)]).toEqual([0.5, 6])
  })

  it('does not try again what was refused, until it is asked to', () => {
    const refused: PhoneEvent = { type: 'refused', why: 'phone-elsewhere' }
    expect(play(start, refused).state).toMatchObject({ line: 'refused', why: 'phone-elsewhere' })
    expect(play(start, refused, lost).orders).toEqual([])
    expect(play(start, refused, start)).toMatchObject({ state: { why: '' }, orders: ['register'] })
  })

  it('is off after it was left, whatever is told late', () => {
    expect(play(start, registered, { type: 'stop' })).toEqual({
      state: OFF, orders: ['hush', 'drop', 'leave'],
    })
    for (const late of [registered, lost, { type: 'due' } as const]) {
      expect(play(start, { type: 'stop' }, late).state).toEqual(OFF)
    }
  })
})

describe('a call', () => {
  it('rings, is answered and is up', () => {
    expect(play(start, registered, rung)).toMatchObject({
      state: { talk: 'ringing' }, orders: ['take', 'ring'],
    })
    expect(play(start, registered, rung, answer)).toMatchObject({
      state: { talk: 'answering' }, orders: ['hush', 'pick-up'],
    })
    expect(play(start, registered, rung, answer, up).state.talk).toBe('talking')
    expect(play(start, registered, rung, answer, answer).orders).toEqual([])
  })

  it('stops ringing when it goes away', () => {
    expect(play(start, registered, rung, { type: 'over' })).toMatchObject({
      state: { talk: 'idle' }, orders: ['hush', 'unmute'],
    })
  })

  it('is turned away while another one is there', () => {
    for (const before of [[rung], [rung, answer], [rung, answer, up]]) {
      expect(play(start, registered, ...before, rung).orders).toEqual(['turn-away'])
    }
    expect(play(rung).orders).toEqual(['turn-away'])
  })

  it('that goes on is taken without a ring, in place of what there is', () => {
    expect(play(start, registered, again)).toMatchObject({
      state: { talk: 'answering' }, orders: ['hush', 'take', 'pick-up'],
    })
    expect(play(start, registered, rung, answer, up, again).orders).toContain('pick-up')
  })

  it('goes on while the line is away, and what only rings does not', () => {
    expect(play(start, registered, rung, answer, up, lost).state).toMatchObject({
      line: 'lost', talk: 'talking',
    })
    expect(play(start, registered, rung, lost)).toMatchObject({
      state: { line: 'lost', talk: 'idle' }, orders: ['hush', 'drop', 'wait'],
    })
  })

  it('is muted and heard again, stays muted when it comes back, and the next one is not muted', () => {
    const mute: PhoneEvent = { type: 'mute', on: true }
    const talk = [start, registered, rung, answer, up]
    expect(play(...talk, mute)).toMatchObject({ state: { muted: true }, orders: ['mute'] })
    expect(play(...talk, mute, { type: 'mute', on: false }).orders).toEqual(['unmute'])
    expect(play(...talk, mute, again, up)).toMatchObject({
      state: { muted: true }, orders: ['mute'],
    })
    expect(play(...talk, mute, { type: 'over' })).toMatchObject({
      state: { muted: false }, orders: ['hush', 'unmute'],
    })
    expect(play(start, registered, rung, mute).orders).toEqual([])
  })
})

describe('microphone and loudness', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['OverconstrainedError', 'missing'],
    ['NotReadableError', 'in-use'],
  ])('%s → %s', (name, reason) => {
    expect(reasonOf(new DOMException('', name))).toBe(reason)
  })

  it('is nothing for silence, full for a shout and between for a voice', () => {
    expect([loudness(0), loudness(0.0001), loudness(1)]).toEqual([0, 0, 1])
    expect(loudness(0.05)).toBeGreaterThan(0.4)
    expect(loudness(0.05)).toBeLessThan(0.8)
  })
})
