/**
 * The server's vocabularies in the reader's language: what a code is called.
 *
 *     const words = useCatalogue()
 *     words.name('services', 'labour')      // 劳动争议咨询; the code itself before it is known
 *     words.whole?.not_ready_reasons        // the list, in the order to show it
 */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Catalogue } from '@/api/types'
import { i18n } from '@/locales'
import { useSession } from '@/stores/session'

interface Term {
  code: string
  name: string
}

/** The vocabularies that are lists of terms. */
export type Vocabulary = {
  [K in keyof Catalogue]: Catalogue[K] extends readonly Term[] ? K : never
}[keyof Catalogue]

const RETRY_S = 5

export const useCatalogue = defineStore('catalogue', () => {
  const session = useSession()
  const whole = shallowRef<Catalogue | null>(null)
  /** Asked for and not come yet; the newest question counts. */
  let asked = 0

  const tables = computed(() => {
    const names = new Map<string, Map<string, string>>()
    for (const [vocabulary, terms] of Object.entries(whole.value ?? {})) {
      if (!Array.isArray(terms)) continue
      const named = (terms as unknown[]).filter(isTerm).map((t) => [t.code, t.name] as const)
      names.set(vocabulary, new Map(named))
    }
    return names
  })

  const seats = computed(() => new Map(whole.value?.seats.map((seat) => [seat.id, seat.name])))
  /** Where the centre is; before that is known, where this machine is. */
  const zone = computed(() => whole.value?.centre.timezone ?? systemZone())

  function name(vocabulary: Vocabulary, code: string): string {
    return tables.value.get(vocabulary)?.get(code) ?? code
  }

  function seat(id: string): string {
    return seats.value.get(id) ?? id
  }

  async function fetchWhole(): Promise<void> {
    const mine = ++asked
    try {
      const fresh = await ask(api.GET('/api/v1/catalogue'))
      if (mine === asked) whole.value = fresh
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (mine === asked) window.setTimeout(() => void again(mine), RETRY_S * 1000)
    }
  }

  async function again(mine: number): Promise<void> {
    if (mine === asked && session.state === 'in') await fetchWhole()
  }

  watch(
    [() => session.state, i18n.global.locale],
    async ([state]) => {
      if (state === 'in') await fetchWhole()
      if (state === 'out') whole.value = null
    },
    { immediate: true },
  )

  return { whole, zone, name, seat }
})

function isTerm(entry: unknown): entry is Term {
  return typeof entry === 'object' && entry !== null && 'code' in entry && 'name' in entry
}

function systemZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}
