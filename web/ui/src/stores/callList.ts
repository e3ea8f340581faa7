/**
 * The list of calls as it was left, so that coming back from a call finds the same rows at the same
 * place. Kept for the page's lifetime only: the address has the filter, the server the calls.
 */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

import { api, ask } from '@/api/client'
import type { paths } from '@/api/schema'
import type { CallPage, CallRecord } from '@/api/types'

export const PAGE = 100

/** The filter as the API takes it. */
export type Asked = NonNullable<paths['/api/v1/calls']['get']['parameters']['query']>

export const useCallList = defineStore('call-list', () => {
  const calls = shallowRef<readonly CallRecord[]>([])
  /** Cursor of the rows that come next; null: these are all. */
  const next = ref<string | null>(null)
  /** The address these rows are of; empty: none were fetched. */
  const of = ref('')
  /** When the first of them were fetched, epoch s. */
  const at = ref(0)
  /** How far down the page stood when it was left, pixels. */
  const scrolled = ref(0)
  let query: Asked = {}

  /** Begin anew. Throws Problem; the rows before it stay then. */
  async function begin(address: string, asked: Asked): Promise<void> {
    const page = await fetched(asked)
    query = asked
    calls.value = page.calls
    next.value = page.next
    of.value = address
    at.value = Date.now() / 1000
    scrolled.value = 0
  }

  /** The rows after the last one. Throws Problem. */
  async function more(): Promise<void> {
    if (next.value === null) return
    const address = of.value
    const page = await fetched({ ...query, after: next.value })
    if (address !== of.value) return
    calls.value = [...calls.value, ...page.calls]
    next.value = page.next
  }

  function fetched(asked: Asked): Promise<CallPage> {
    return ask(api.GET('/api/v1/calls', { params: { query: { ...asked, limit: PAGE } } }))
  }

  function forget(): void {
    of.value = ''
    calls.value = []
    next.value = null
  }

  return { calls, next, of, at, scrolled, begin, more, forget }
})
