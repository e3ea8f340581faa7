/** What the two seats of an interpreted call see, from what the board told in the stories. */
import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import type { BoardView } from '@/api/types'
import { pairOf, type Pair } from '@/desk/pair'

const file = new URL('../.made/board.json', import.meta.url)
const stories = JSON.parse(readFileSync(file, 'utf8')) as Record<string, { view: BoardView }[]>

/** What a seat saw one after the other, as `role interpreter` and who waits for whom. */
function seen(story: string, seat: string): string[] {
  const views = (stories[story] ?? []).map(({ view }) => view)
  const told = views.map((view) => {
    const call = Object.values(view.calls)[0]
    const pair = call === undefined ? null : pairOf(view, call, seat)
    return pair === null ? '' : words(pair)
  })
  return told.filter((one, at) => one !== '' && one !== told[at - 1])
}

function words({ role, other, interpreter, waits, awaited }: Pair): string {
  return [role, other, interpreter, waits ? 'waits' : awaited ? 'awaited' : ''].join(' ').trim()
}

describe('an interpreted call', () => {
  it('is seen by the specialist', () => {
    expect(seen('pair-both-answer', '8001')).toEqual([
      'specialist 李四 rung',
      'specialist 李四 rung waits',
      'specialist 李四 talking',
    ])
  })

  it('is seen by the interpreter, with the other one by name', () => {
    expect(seen('pair-both-answer', '8002')).toEqual([
      'interpreter 张三 rung',
      'interpreter 张三 rung awaited',
      'interpreter 张三 talking',
    ])
  })

  it('goes on when the interpreter has left, which the specialist sees', () => {
    expect(seen('pair-interpreter-never-returns', '8001').slice(-3)).toEqual([
      'specialist 李四 talking',
      'specialist 李四 away',
      'specialist 李四 left',
    ])
  })

  it('is none for anybody else, nor for a call of one seat', () => {
    expect(seen('pair-both-answer', '8003')).toEqual([])
    expect(seen('answered-and-rated', '8001')).toEqual([])
  })
})
