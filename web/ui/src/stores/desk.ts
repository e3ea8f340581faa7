/**
 * The seat that one sits at: what the board says of it, and what one asks for it. The board is what
 * is true; a phone that believes otherwise is told, and a talk that lost its phone is taken up again.
 */
import { defineStore } from 'pinia'
import { computed, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { CallView, SeatView } from '@/api/types'
import { pairOf, type Pair } from '@/desk/pair'
import { useLive } from '@/stores/live'
import { usePhone } from '@/stores/phone'
import { useSession } from '@/stores/session'

export type PhoneKind = 'browser' | 'own'

/** The end of a talk reaches phone and board by two ways, and either may be first. */
const BOTH_WAYS_MS = 1000
/** Between two tries to be rung for a talk that goes on; the caller waits for `line.ring.rejoin_s`. */
const RING_AGAIN_MS = 4000

export const useDesk = defineStore('desk', () => {
  const live = useLive()
  const session = useSession()
  const phone = usePhone()

  const seat = computed<SeatView | null>(() => {
    const mine = session.person?.id
    const seats = Object.values(live.board?.seats ?? {})
    return seats.find((one) => mine !== undefined && one.person_id === mine) ?? null
  })
  const call = computed<CallView | null>(() => live.board?.calls[seat.value?.call_id ?? ''] ?? null)
  /** The other seat of an interpreted call, and how it is with it. */
  const pair = computed<Pair | null>(() =>
    live.board === null || call.value === null || seat.value === null
      ? null
      : pairOf(live.board, call.value, seat.value.id),
  )
  const talking = computed(() => seat.value?.state === 'talking')
  const busy = computed(() => talking.value || seat.value?.state === 'offered')
  const inBrowser = computed(() => seat.value?.phone_kind === 'browser')
  /** The talk goes on without our phone, which is on its way back to it. */
  const returning = computed(
    () => talking.value && inBrowser.value && phone.state.talk !== 'talking',
  )

  // ---- asking ----

  async function sitDown(id: string, kind: PhoneKind, takeOver = false): Promise<boolean> {
    if (kind === 'browser' && !(await phone.ready(takeOver))) return false
    const params = { path: { seat: id } }
    await ask(api.POST('/api/v1/seats/{seat}/sign-in', { params, body: { phone: kind } }))
    return true
  }

  async function leave(): Promise<void> {
    const browser = inBrowser.value
    await ask(api.POST('/api/v1/seats/{seat}/sign-out', at()))
    if (browser) await dropPhone()
  }

  async function dropPhone(): Promise<void> {
    phone.phone.stop()
    try {
      await ask(api.DELETE('/api/v1/me/phone'))
    } catch (error) {
      // It ends with the sign-in anyway.
      if (!(error instanceof Problem)) throw error
    }
  }

  const ready = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/ready', at()))
  const notReady = (reason: string): Promise<unknown> =>
    ask(api.POST('/api/v1/seats/{seat}/not-ready', { ...at(), body: { reason } }))
  const endWrapup = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/wrap-up/end', at()))
  const hangUp = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/hang-up', at()))
  const hold = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/hold', at()))
  const resume = (): Promise<unknown> => ask(api.POST('/api/v1/seats/{seat}/resume', at()))

  function at(): { params: { path: { seat: string } } } {
    return { params: { path: { seat: seat.value?.id ?? '' } } }
  }

  /** A caller is there for this seat; the phone may know before the board does. */
  const rung = computed(() => seat.value?.state === 'offered' || phone.state.talk === 'ringing')

  // ---- the phone follows the seat ----

  watch([() => phone.registered, rung], ([there, rings]) => {
    if (there || rings) live.hurry()
  })

  watch(
    () => [seat.value?.id, inBrowser.value] as const,
    ([id, browser], before) => {
      // Loaded again, or opened in another window: the phone of this seat is here from now on.
      if (id !== undefined && browser && phone.state.line === 'off') void phone.ready()
      // A supervisor signed the seat out, or it was given up elsewhere.
      if (id === undefined && before?.[1] === true && live.board !== null) phone.phone.stop()
    },
    { immediate: true },
  )

  let mine = ''
  let timer = 0
  /** When we last asked to be rung for a talk that goes on. */
  let askedAt = -RING_AGAIN_MS

  watch(
    () => phone.state.talk,
    (talk) => {
      if (talk === 'talking') mine = seat.value?.call_id ?? ''
    },
  )

  watch(
    () => [live.fresh, seat.value?.state, seat.value?.call_id, phone.state.talk, phone.state.line],
    () => {
      window.clearTimeout(timer)
      if (!live.fresh || !inBrowser.value) return
      if (phone.state.talk === 'talking' && !busy.value) phone.phone.forget()
      if (talking.value && phone.registered && phone.state.talk === 'idle') {
        const known = mine === seat.value?.call_id ? BOTH_WAYS_MS : 0
        const again = askedAt + RING_AGAIN_MS - performance.now()
        timer = window.setTimeout(() => void comeBack(), Math.max(known, again))
      }
    },
    { immediate: true },
  )

  async function comeBack(): Promise<void> {
    if (!talking.value || !phone.registered || phone.state.talk !== 'idle') return
    askedAt = performance.now()
    try {
      await ask(api.POST('/api/v1/seats/{seat}/rejoin', at()))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void comeBack(), RING_AGAIN_MS)
  }

  // Nobody is left at a seat whose person has gone. In a call it is refused, and so is signing out.
  session.beforeLeaving.push(async () => {
    if (seat.value !== null) await leave()
  })

  return {
    seat, call, pair, rung, talking, busy, inBrowser, returning,
    sitDown, leave, ready, notReady, endWrapup, hangUp, hold, resume,
  }
})
