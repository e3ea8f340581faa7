/**
 * One call's slip while it is being written: saves by itself, loses nothing. No Vue, no network of
 * its own.
 *
 * `base` is what the server has, `mine` what was changed here and is not saved yet. Whatever goes
 * wrong (somebody else saved, a value is refused, no connection) `mine` stays until it is saved or
 * until its writer gives it up.
 */
import type { Problem } from '@/api/problem'
import type { SlipRecord } from '@/api/types'

export const FIELDS = [
  'kind', 'matter', 'groups', 'place', 'place_detail', 'emotion', 'text', 'open',
] as const
export type Field = (typeof FIELDS)[number]
export type Fields = Pick<SlipRecord, Field>

export type Phase = 'loading' | 'saved' | 'unsaved' | 'saving' | 'away' | 'conflict' | 'refused'

/** What is kept beside the page while something is unsaved, so that a reload loses nothing. */
export interface Draft {
  /** What the changed fields were before. */
  before: Partial<Fields>
  mine: Partial<Fields>
}

export interface SlipEnds {
  load(): Promise<SlipRecord>
  save(version: number, changes: Partial<Fields>): Promise<SlipRecord>
  /** Keep this beside the page; null: nothing is unsaved any more. */
  keep(draft: Draft | null): void
  kept(): Draft | null
  /** The refusal in what was thrown; throws on what is none. */
  problem(error: unknown): Problem
  after(seconds: number, what: () => void): () => void
  changed(): void
}

/** Pause in the writing after which is saved, and the longest that writing may go on unsaved. */
const PAUSE_S = 0.8
const LONGEST_S = 5
const AWAY_S = [1, 2, 4, 8, 15] as const

export class SlipEditor {
  base: SlipRecord | null = null
  mine: Partial<Fields> = {}
  /** What somebody else wrote where something was written here too. */
  theirs: Partial<Fields> = {}
  problem: Problem | null = null
  savedAt: number | null = null
  private saving = false
  private underWay = Promise.resolve()
  private away = 0
  private refused = new Set<Field>()
  private stopPause = (): void => undefined
  private stopLongest: (() => void) | null = null

  constructor(private readonly ends: SlipEnds) {}

  get phase(): Phase {
    if (this.base === null) return this.away > 0 ? 'away' : 'loading'
    if (Object.keys(this.theirs).length > 0) return 'conflict'
    if (this.problem !== null && this.refused.size > 0) return 'refused'
    if (this.away > 0) return 'away'
    if (this.saving) return 'saving'
    return this.dirty ? 'unsaved' : 'saved'
  }

  get dirty(): boolean {
    return Object.keys(this.mine).length > 0
  }

  value<F extends Field>(field: F): Fields[F] {
    return (field in this.mine ? this.mine[field] : (this.base ?? EMPTY)[field]) as Fields[F]
  }

  /** Read the slip, and put what an earlier load of the page could not save on top of it. */
  async open(): Promise<void> {
    try {
      const base = await this.ends.load()
      this.away = 0
      this.problem = null
      this.base = base
      if (base.version > 1) this.savedAt = base.updated_at
      const draft = this.ends.kept()
      if (draft !== null) {
        this.mine = draft.mine
        this.rebase(draft.before, base)
        if (this.dirty && Object.keys(this.theirs).length === 0) void this.save()
      }
    } catch (error) {
      // A call that has just been answered is in the store a moment later.
      this.problem = this.ends.problem(error)
      this.tryAgain(() => void this.open())
    }
    this.ends.changed()
  }

  set<F extends Field>(field: F, value: Fields[F]): void {
    if (this.base === null || same(this.value(field), value)) return
    this.refused.delete(field)
    if (this.refused.size === 0) this.problem = null
    this.mine = { ...this.mine, [field]: value }
    // `null` is a value of the emotion, so a field is taken back by leaving it out.
    if (same(this.base[field], value)) this.mine = without(this.mine, [field])
    this.remember()
    this.schedule()
    this.ends.changed()
  }

  /** Save now what is unsaved, without waiting for a pause. */
  async save(): Promise<void> {
    this.stopPause()
    this.stopLongest?.()
    this.stopLongest = null
    const base = this.base
    const sent = without(this.mine, [...this.refused])
    const open = Object.keys(sent).length > 0 && Object.keys(this.theirs).length === 0
    if (base === null || this.saving || !open) return
    this.saving = true
    this.ends.changed()
    this.underWay = this.send(base, sent)
    await this.underWay
  }

  /** Save what is left, after a saving that is under way; whether the server has all of it. */
  async finish(): Promise<boolean> {
    await this.underWay
    await this.save()
    return !this.dirty
  }

  private async send(base: SlipRecord, sent: Partial<Fields>): Promise<void> {
    try {
      const saved = await this.ends.save(base.version, sent)
      this.away = 0
      this.base = saved
      this.savedAt = saved.updated_at
      const done = FIELDS.filter((field) => field in sent && same(this.mine[field], sent[field]))
      this.mine = without(this.mine, done)
      this.remember()
    } catch (error) {
      await this.notSaved(this.ends.problem(error), base)
    } finally {
      this.saving = false
    }
    this.ends.changed()
    if (this.away === 0 && Object.keys(without(this.mine, [...this.refused])).length > 0) {
      this.schedule()
    }
  }

  /** After a conflict: what was written here counts. */
  async keepMine(): Promise<void> {
    this.theirs = {}
    await this.save()
  }

  /** After a conflict: what the other wrote counts. */
  async takeTheirs(): Promise<void> {
    this.mine = without(this.mine, Object.keys(this.theirs) as Field[])
    this.theirs = {}
    this.remember()
    this.ends.changed()
    await this.save()
  }

  /** Nobody writes here any more; what is unsaved stays kept. */
  close(): void {
    this.stopPause()
    this.stopLongest?.()
  }

  private async notSaved(problem: Problem, base: SlipRecord): Promise<void> {
    this.problem = problem
    if (problem.code === 'version-conflict') {
      try {
        const fresh = await this.ends.load()
        this.problem = null
        this.rebase(base, fresh)
        this.base = fresh
        this.remember()
      } catch (error) {
        this.problem = this.ends.problem(error)
        this.tryAgain(() => void this.save())
      }
    } else if (problem.status === 0 || problem.status >= 500 || problem.status === 401) {
      this.tryAgain(() => void this.save())
    } else {
      const field = fieldOf(problem)
      this.refused = new Set(field === null ? FIELDS : [field])
    }
  }

  /** The server has `fresh` now; where both sides changed a field, its writer must choose. */
  private rebase(before: Partial<Fields>, fresh: Fields): void {
    const done = FIELDS.filter((field) => field in this.mine && same(this.mine[field], fresh[field]))
    this.mine = without(this.mine, done)
    const clash = FIELDS.filter((field) => field in this.mine && !same(before[field], fresh[field]))
    this.theirs = Object.fromEntries(clash.map((field) => [field, fresh[field]]))
  }

  private remember(): void {
    const base = this.base
    if (base === null) return
    const touched = FIELDS.filter((field) => field in this.mine)
    const before = Object.fromEntries(touched.map((field) => [field, base[field]]))
    this.ends.keep(this.dirty ? { before, mine: this.mine } : null)
  }

  private schedule(): void {
    if (this.saving) return
    this.stopPause()
    this.stopPause = this.ends.after(PAUSE_S, () => void this.save())
    this.stopLongest ??= this.ends.after(LONGEST_S, () => void this.save())
  }

  private tryAgain(what: () => void): void {
    const wait = AWAY_S[Math.min(this.away, AWAY_S.length - 1)] ?? 15
    this.away += 1
    this.stopPause()
    this.stopPause = this.ends.after(wait, what)
  }
}

/** The slip's field that was refused, from a path such as `groups[2]`; null: none of them. */
export function fieldOf(problem: Problem | null): Field | null {
  const name = problem?.field.split(/[.[]/)[0]
  return FIELDS.find((field) => field === name) ?? null
}

const EMPTY: Fields = {
  kind: '', matter: '', groups: [], place: '', place_detail: '', emotion: null, text: '', open: false,
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function without(fields: Partial<Fields>, names: readonly Field[]): Partial<Fields> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => !names.includes(name as Field)),
  )
}
