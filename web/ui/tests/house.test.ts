/** The small pure parts of the house. */
import { describe, expect, it } from 'vitest'

import { backOff } from '@/board/link'
import { Problem, problemOf } from '@/api/problem'
import { spoken } from '@/locales/language'

describe('the way back to a server', () => {
  it('waits ever longer, never more than a quarter of a minute', () => {
    const waits = Array.from({ length: 12 }, (_, attempt) => backOff(attempt, 1))
    expect(waits).toEqual([...waits].sort((one, other) => one - other))
    expect(waits[0]).toBe(0.5)
    expect(waits.at(-1)).toBe(15)
  })

  it('keeps many screens apart', () => {
    expect(backOff(20, 0)).toBe(7.5)
  })
})

describe('the language at the first visit', () => {
  it.each([
    [['zh-TW', 'en'], 'zh-CN'],
    [['en-GB', 'zh'], 'en'],
    [['bo', 'en'], 'en'],
    [['fr'], 'zh-CN'],
    [[], 'zh-CN'],
  ])('%j → %s', (preferred, language) => {
    expect(spoken(preferred)).toBe(language)
  })
})

describe('a refusal', () => {
  it('has the server’s code, field and sentence, and the request’s number', () => {
    const response = new Response(null, { status: 422, headers: { 'X-Request-Id': 'abc' } })
    const body = { code: 'too-short', field: 'new', message: '太短', detail: { least: 8 } }
    const problem = problemOf(response, body)
    expect(problem).toBeInstanceOf(Problem)
    expect({ ...problem, message: problem.message }).toMatchObject({
      status: 422,
      code: 'too-short',
      field: 'new',
      message: '太短',
      detail: { least: 8 },
      request: 'abc',
    })
  })

  it.each([['<html>', 502], [null, 504], [{ error: 'x' }, 500]])(
    'that is no answer of ours (%j) means that the server cannot be reached',
    (body, status) => {
      expect(problemOf(new Response(null, { status }), body).code).toBe('unreachable')
    },
  )
})
