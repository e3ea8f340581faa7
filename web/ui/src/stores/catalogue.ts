/**
 * Names of everything that has a code, in the reader's language.
 *
 *     const { name } = useCatalogue()
 *     name('languages', call.language)      // the code itself until the names have come
 */
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Catalogue, Choice, Term } from '@/api/types'
import { i18n } from '@/locales'
import { useSession } from '@/stores/session'

type Lists = {
  [K in keyof Catalogue]: Catalogue[K] extends readonly (Term | Choice)[] ? K : never
}[keyof Catalogue]

const AGAIN_MS = 3000

export const useCatalogue = defineStore('catalogue', () => {
  const session = useSession()
  const catalogue = shallowRef<Catalogue | null>(null)
  const names = computed(() => {
    const books = new Map<string, Map<string, string>>()
    for (const [list, terms] of Object.entries(catalogue.value ?? {})) {
      if (!Array.isArray(terms)) continue
      books.set(list, new Map((terms as Term[]).map(({ code, name }) => [code, name])))
    }
    return books
  })

  function name(list: Lists, code: string | number | null | undefined): string {
    if (code === null || code === undefined) return ''
    return names.value.get(list)?.get(String(code)) ?? String(code)
  }

  async function load(): Promise<void> {
    const language = i18n.global.locale.value
    try {
      const fresh = await ask(api.GET('/api/v1/catalogue'))
      if (language === i18n.global.locale.value) catalogue.value = fresh
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // What has no name is shown by its code meanwhile.
      window.setTimeout(() => void wanted(), AGAIN_MS)
    }
  }

  async function wanted(): Promise<void> {
    if (session.state === 'in') await load()
  }

  watch([() => session.state === 'in', () => i18n.global.locale.value], () => void wanted(), {
    immediate: true,
  })

  return { catalogue, name }
})
