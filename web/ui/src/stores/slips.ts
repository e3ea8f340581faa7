/**
 * The slips that are open in this page, each saving by itself whether it is looked at or not.
 *
 *     const slip = slips.of(call)       // a view that is replaced at every change
 *     slip.editor.set('text', '…')
 */
import { defineStore } from 'pinia'
import { computed, markRaw, shallowReactive, watch } from 'vue'

import { api, ask } from '@/api/client'
import { asProblem, Problem } from '@/api/problem'
import type { SlipBody, SlipRecord } from '@/api/types'
import { i18n } from '@/locales'
import { callsWithDrafts, forgetDrafts, keepDraft, keptDraft } from '@/slip/drafts'
import { FIELDS, SlipEditor, type Fields, type Phase } from '@/slip/editor'
import { useSession } from '@/stores/session'

export interface SlipView {
  readonly call: string
  readonly phase: Phase
  readonly base: SlipRecord | null
  readonly fields: Fields
  readonly theirs: Partial<Fields>
  readonly problem: Problem | null
  readonly savedAt: number | null
  readonly editor: SlipEditor
}

export const useSlips = defineStore('slips', () => {
  const session = useSession()
  const open = shallowReactive(new Map<string, SlipView>())
  const unsaved = computed(() =>
    [...open.values()].some((view) => view.editor.dirty || view.phase === 'saving'),
  )

  /** When the server last took something. */
  const savedLast = computed(() => Math.max(0, ...[...open.values()].map((view) => view.savedAt ?? 0)))

  /** The slip of this call, opened when it was not. */
  function of(call: string): SlipView {
    return open.get(call) ?? start(call)
  }

  function start(call: string): SlipView {
    const person = session.person?.id ?? ''
    const path = { call }
    const editor = markRaw(
      new SlipEditor({
        load: () => ask(api.GET('/api/v1/slips/{call}', { params: { path } })),
        save: (version, changes) =>
          ask(
            api.PATCH('/api/v1/slips/{call}', {
              params: { path },
              body: { version, ...changes } as SlipBody,
            }),
          ),
        keep: (draft) => keepDraft(person, call, draft),
        kept: () => keptDraft(person, call),
        problem: asProblem,
        after: (seconds, what) => {
          const timer = window.setTimeout(what, seconds * 1000)
          return () => window.clearTimeout(timer)
        },
        changed: () => open.set(call, viewOf(call, editor)),
      }),
    )
    const view = viewOf(call, editor)
    open.set(call, view)
    void editor.open()
    return view
  }

  /** Save now whatever is unsaved. */
  async function saveAll(): Promise<void> {
    await Promise.all([...open.values()].map(({ editor }) => editor.save()))
  }

  /** Signing out forgets what is unsaved. Throws Problem while there is something. */
  async function saveLast(): Promise<void> {
    for (const { call, editor } of open.values()) {
      if (await editor.finish()) continue
      const number = editor.base?.number ?? call
      const message = i18n.global.t('desk.slip.stays', { number })
      throw new Problem(409, { code: 'slip-unsaved', field: null, message })
    }
  }

  session.beforeLeaving.unshift(saveLast)

  watch(
    () => [session.state, session.person?.id] as const,
    ([state, person]) => {
      if (state === 'out') {
        for (const { editor } of open.values()) editor.close()
        open.clear()
        forgetDrafts(null)
      } else if (state === 'in' && person !== undefined) {
        forgetDrafts(person)
        for (const call of callsWithDrafts(person)) of(call)
      }
    },
    { immediate: true },
  )

  return { of, unsaved, saveAll, savedLast }
})

function viewOf(call: string, editor: SlipEditor): SlipView {
  const fields = Object.fromEntries(FIELDS.map((field) => [field, editor.value(field)]))
  const { phase, base, theirs, problem, savedAt } = editor
  return { call, phase, base, fields: fields as unknown as Fields, theirs, problem, savedAt, editor }
}
