/** Writing a slip: what is searched for is found, what is typed is never lost. */
import { beforeEach, describe, expect, it } from 'vitest'

import { Problem } from '@/api/problem'
import type { Choice, SlipRecord } from '@/api/types'
import { SlipEditor, type Draft, type Fields } from '@/slip/editor'
import { found, wholeName } from '@/slip/search'

const choice = (code: string, name: string, search = '', parent = '', choosable = true): Choice => ({
  code, name, search, parent, choosable,
})

describe('looking for a word', () => {
  const matters = [
    choice('A', '民事', 'ms', '', false),
    choice('A03', '劳动争议', '打工 老板 辞退 ldzy', 'A'),
    choice('A0301', '欠薪', '讨薪 工资 拖欠工资 qx', 'A03'),
    choice('A0302', '劳动合同与解除', '辞退 开除 ldhtyjc', 'A03'),
    choice('Z', '无效来电', '骚扰 wxld'),
  ]
  const names = (query: string): string[] => found(matters, query).map(({ name }) => name)

  it.each([
    ['讨薪', ['欠薪']],
    ['拖欠', ['欠薪']],
    ['qx', ['欠薪']],
    ['QX', ['欠薪']],
    ['a0302', ['劳动合同与解除']],
    ['辞退', ['劳动争议', '劳动合同与解除']],
    ['A03', ['劳动争议', '欠薪', '劳动合同与解除']],
    ['没有这个', []],
  ])('%s → %j', (query, wanted) => {
    expect(names(query)).toEqual(wanted)
  })

  it('shows everything that may be chosen, and no heading, before anything is typed', () => {
    expect(names(' ')).toEqual(['劳动争议', '欠薪', '劳动合同与解除', '无效来电'])
  })

  it('finds a county by what it lies in too, and names both', () => {
    const places = [
      choice('51', '四川省', 'Sichuan scs'),
      choice('5133', '甘孜藏族自治州', 'Garze gzzzzz', '51'),
      choice('513301', '康定市', 'Kangding kds', '5133'),
      choice('513328', '甘孜县', 'Garze gzx', '5133'),
    ]
    expect(found(places, '甘孜').map(({ code }) => code)).toEqual(['5133', '513328', '513301'])
    expect(found(places, '康定 甘孜').map(({ code }) => code)).toEqual(['513301'])
    expect(wholeName(places[2] as Choice, places)).toBe('甘孜藏族自治州 康定市')
    expect(wholeName(places[1] as Choice, places)).toBe('甘孜藏族自治州')
  })
})

/** A server with one slip, a clock that is turned by hand, and a tab that keeps a draft. */
class World {
  slip: SlipRecord = {
    number: '26052900001', call_id: 'c1', version: 1, kind: '', matter: '', place: '',
    place_detail: '', text: '', groups: [], emotion: null, open: false, kept_by: null, open_until: null, created_at: 0, updated_at: 0,
    updated_by: null,
  }
  refuse: Problem | null = null
  saves: Partial<Fields>[] = []
  draft: Draft | null = null
  private timers: { at: number; what: () => void }[] = []
  private now = 0

  editor(): SlipEditor {
    return new SlipEditor({
      load: async () => this.answer(() => this.slip),
      save: async (version, changes) =>
        this.answer(() => {
          if (version !== this.slip.version) {
            throw new Problem(409, { code: 'version-conflict', field: 'version', message: '' })
          }
          this.saves.push(changes)
          this.slip = {
            ...this.slip,
            ...changes,
            version: version + 1,
            updated_at: this.now,
          } as SlipRecord
          return this.slip
        }),
      keep: (draft) => (this.draft = draft),
      kept: () => this.draft,
      problem: (error) => {
        if (error instanceof Problem) return error
        throw error
      },
      after: (seconds, what) => {
        const timer = { at: this.now + seconds, what }
        this.timers.push(timer)
        return () => (this.timers = this.timers.filter((one) => one !== timer))
      },
      changed: () => undefined,
    })
  }

  /** Somebody else writes. */
  other(changes: Partial<Fields>): void {
    this.slip = { ...this.slip, ...changes, version: this.slip.version + 1 } as SlipRecord
  }

  async pass(seconds: number): Promise<void> {
    const end = this.now + seconds
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.now = next.at
      this.timers = this.timers.filter((one) => one !== next)
      next.what()
      await settled()
    }
    this.now = end
  }

  private answer<T>(make: () => T): T {
    if (this.refuse !== null) throw this.refuse
    return make()
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('writing a slip', () => {
  let world: World
  let editor: SlipEditor

  beforeEach(async () => {
    world = new World()
    editor = world.editor()
    await editor.open()
  })

  it('saves after a pause, once for all that was typed', async () => {
    editor.set('text', '欠')
    await world.pass(0.5)
    editor.set('text', '欠薪')
    editor.set('kind', 'help')
    await world.pass(0.5)
    expect(world.saves).toEqual([])
    expect(editor.phase).toBe('unsaved')
    await world.pass(0.5)
    expect(world.saves).toEqual([{ text: '欠薪', kind: 'help' }])
    expect(editor.phase).toBe('saved')
    expect(editor.savedAt).not.toBeNull()
  })

  it('saves in the midst of writing that has no pause', async () => {
    for (let n = 0; n < 12; n += 1) {
      editor.set('text', '字'.repeat(n + 1))
      await world.pass(0.5)
    }
    expect(world.saves.length).toBeGreaterThan(0)
  })

  it('keeps a draft beside the page for as long as something is unsaved', async () => {
    editor.set('text', '欠薪')
    expect(world.draft).toEqual({ before: { text: '' }, mine: { text: '欠薪' } })
    await world.pass(1)
    expect(world.draft).toBeNull()
  })

  it('goes on after a reload with what had not been saved', async () => {
    editor.set('emotion', 3)
    editor.close()
    const again = world.editor()
    await again.open()
    await settled()
    expect(world.slip.emotion).toBe(3)
    expect(again.phase).toBe('saved')
    expect(world.draft).toBeNull()
  })

  it('unchooses: null is a value', async () => {
    editor.set('emotion', 3)
    await world.pass(1)
    editor.set('emotion', null)
    await world.pass(1)
    expect(world.saves).toEqual([{ emotion: 3 }, { emotion: null }])
    expect(world.slip.emotion).toBeNull()
    expect(editor.value('emotion')).toBeNull()
  })

  it('saves what is still unsaved when the server comes back', async () => {
    world.refuse = new Problem(0, { code: 'unreachable', field: null, message: '' })
    editor.set('text', '欠薪')
    await world.pass(1)
    expect(editor.phase).toBe('away')
    editor.set('text', '欠薪三个月')
    await world.pass(5)
    world.refuse = null
    await world.pass(20)
    expect(world.slip.text).toBe('欠薪三个月')
    expect(editor.phase).toBe('saved')
  })

  it('goes on with the other’s version when both wrote different things', async () => {
    world.other({ kind: 'complaint' })
    editor.set('text', '欠薪')
    await world.pass(3)
    expect(world.slip).toMatchObject({ kind: 'complaint', text: '欠薪' })
    expect(editor.value('kind')).toBe('complaint')
  })

  it('lets its writer choose when both wrote the same thing', async () => {
    world.other({ text: '班长写的' })
    editor.set('text', '我写的')
    editor.set('kind', 'help')
    await world.pass(1)
    expect(editor.phase).toBe('conflict')
    expect(editor.theirs).toEqual({ text: '班长写的' })
    expect(editor.value('text')).toBe('我写的')
    await world.pass(30)
    expect(world.slip.text).toBe('班长写的')
    await editor.keepMine()
    expect(world.slip).toMatchObject({ text: '我写的', kind: 'help' })
  })

  it('takes the other’s when asked to, and saves the rest', async () => {
    world.other({ text: '班长写的' })
    editor.set('text', '我写的')
    editor.set('kind', 'help')
    await world.pass(1)
    await editor.takeTheirs()
    expect(world.slip).toMatchObject({ text: '班长写的', kind: 'help' })
    expect(editor.value('text')).toBe('班长写的')
    expect(editor.phase).toBe('saved')
  })

  it('keeps what is refused, says where, and saves the rest', async () => {
    editor.set('place_detail', '很长')
    world.refuse = new Problem(422, { code: 'too-long', field: 'place_detail', message: '过长' })
    await world.pass(1)
    expect(editor.phase).toBe('refused')
    world.refuse = null
    editor.set('kind', 'help')
    await world.pass(1)
    expect(world.saves).toEqual([{ kind: 'help' }])
    expect(editor.value('place_detail')).toBe('很长')
    expect(editor.problem?.field).toBe('place_detail')
    editor.set('place_detail', '短')
    await world.pass(1)
    expect(world.slip.place_detail).toBe('短')
    expect(editor.phase).toBe('saved')
  })

  it('finishes what is being saved and what was written meanwhile', async () => {
    editor.set('kind', 'help')
    const saving = editor.save()
    editor.set('text', '欠薪')
    expect(await editor.finish()).toBe(true)
    await saving
    expect(world.slip).toMatchObject({ kind: 'help', text: '欠薪' })
  })

  it('is not finished while its writer has to choose, or the server says no', async () => {
    world.other({ text: '班长写的' })
    editor.set('text', '我写的')
    expect(await editor.finish()).toBe(false)
    await editor.takeTheirs()
    expect(await editor.finish()).toBe(true)
    world.refuse = new Problem(503, { code: 'store-unavailable', field: null, message: '' })
    editor.set('text', '又写的')
    expect(await editor.finish()).toBe(false)
  })

  it('waits for a slip that the store does not have yet', async () => {
    world.refuse = new Problem(404, { code: 'slip-unknown', field: null, message: '' })
    const early = world.editor()
    await early.open()
    expect(early.base).toBeNull()
    world.refuse = null
    await world.pass(2)
    expect(early.phase).toBe('saved')
  })
})
