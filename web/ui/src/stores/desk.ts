/**
 * The seat that one sits at: what the board says of it, and what one asks for it. The board is what
 * is true; a phone that believes otherwise is told.
 */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { CallView, SeatView } from '@/api/types'
import { useLive } from '@/stores/live'
import { usePhone } from '@/stores/phone'
import { useSession } from '@/stores/session'

export type PhoneKind = 'browser' | 'own'

export const useDesk = defineStore('desk', () => {
  const live = useLive()
  const session = useSession()
  const phone = usePhone()

  const seat = computed<SeatView | null>(() => {
    const mine = session.person?.id
    const seats = Object.values(live.board?.seats ?? {})
    return seats.find((one) => mine !== undefined && one.person_id === mine) ?? null
  })
  const call = computed<CallView | null>(() => {
    const id = seat.value?.call_id ?? ''
    return live.board?.calls[id] ?? null
  })
  const inBrowser = computed(() => seat.value?.phone_kind === 'browser')
  const busy = computed(() => seat.value?.state === 'talking' || seat.value?.state === 'offered')

  // ---- asking ----

  async function sitDown(id: string, kind: PhoneKind, takeOver = false): Promise<void> {
    if (kind === 'browser' && !(await phone.ready(takeOver))) return
    const path = { seat: id }
    await ask(
      api.POST('/api/v1/seats/{seat}/sign-in', { params: { path }, body: { phone: kind } }),
    )
  }

  async function leave(): Promise<void> {
    await ask(api.POST('/api/v1/seats/{seat}/sign-out', at()))
    await goPhone()
  }

  async function goPhone(): Promise<void> {
    phone.phone.stop()
    try {
      await ask(api.DELETE('/api/v1/me/phone'))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  const ready = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/ready', at()))
  const notReady = (reason: string): Promise<unknown> =>
    ask(api.POST('/api/v1/seats/{seat}/not-ready', { ...at(), body: { reason } }))
  const endWrapup = (): Promise<unknown> =>
    ask(api.POST('/api/v1/seats/{seat}/wrap-up/end', at()))
  const hangUp = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/hang-up', at()))

  function at(): { params: { path: { seat: string } } } {
    return { params: { path: { seat: seat.value?.id ?? '' } } }
  }

  // ---- the phone follows the seat ----

  /** True while this page takes up a talk that another load of it began. */
  const returning = ref(false)

  watch(
    () => [seat.value?.id, inBrowser.value] as const,
    ([id, browser], before) => {
      // Loaded again, or signed in from another window: the phone of this seat is here.
      if (id !== undefined && browser && phone.state.line === 'off') void phone.ready()
      // Signed out by a supervisor.
      if (id === undefined && before?.[1] === true && live.board !== null) phone.phone.stop()
    },
    { immediate: true },
  )

  watch(
    () => [seat.value?.state, seat.value?.call_id, phone.state.talk] as const,
    ([state, , talk]) => {
      if (live.fresh && talk === 'talking' && state !== 'talking' && state !== 'offered') {
        phone.phone.forget()
      }
    },
  )

  return {
    seat, call, inBrowser, busy, returning,
    sitDown, leave, ready, notReady, endWrapup, hangUp,
  }
})
