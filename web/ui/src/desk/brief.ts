/** What is known of the caller that this seat is offered or has: asked for once per call. */
import { onBeforeUnmount, shallowRef, watch, type Ref } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Brief } from '@/api/types'

const AGAIN_MS = 2000

/** null until it has come: nothing on the desk waits for it. */
export function useBrief(call: Ref<string>): Ref<Brief | null> {
  const brief = shallowRef<Brief | null>(null)
  let timer = 0

  async function look(id: string): Promise<void> {
    window.clearTimeout(timer)
    if (id === '') return
    try {
      const told = await ask(api.GET('/api/v1/calls/{call}/brief', { params: { path: { call: id } } }))
      if (call.value === id) brief.value = told
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // A store that is away; of a call that is over nothing more will come.
      if (call.value === id && error.status !== 404) timer = window.setTimeout(() => void look(id), AGAIN_MS)
    }
  }

  watch(
    call,
    (id) => {
      brief.value = null
      void look(id)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => window.clearTimeout(timer))
  return brief
}
