/**
 * The live board of the whole house: one websocket, however many parts of the page look.
 *
 *     const live = useLive()
 *     live.board?.seats['8001']        // undefined before the first board has come
 *     live.now - seat.since            // seconds, by the server's clock, ticking
 *
 * The shell keeps it open for as long as somebody is signed in. While it is not `fresh` the page
 * shows what it last knew, and says so: `silent` (nothing heard here), `stale` (the server says so).
 */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { BoardView, LiveMessage } from '@/api/types'
import { applyDelta } from '@/board/apply'
import { Link } from '@/board/link'
import { useSession } from '@/stores/session'

/** Nothing heard for so long (the server beats every ten seconds): what is shown may be old. */
export const STALE_S = 13

export const useLive = defineStore('live', () => {
  const session = useSession()
  const board = shallowRef<BoardView | null>(null)
  const connected = ref(false)
  /** When the server was last heard, by this machine's steady clock in seconds. */
  const heardAt = ref(0)
  const tick = ref(0)
  /** Server's clock (epoch s) minus ours. */
  const ahead = ref(0)

  const now = computed(() => tick.value + ahead.value)
  const silentFor = computed(() => Math.max(0, tick.value - heardAt.value))
  const silent = computed(() => !connected.value || silentFor.value >= STALE_S)
  /** The server itself is cut off from the line; it says since how many seconds. */
  const stale = ref(false)
  const behindAtLast = ref(0)
  const behindFor = computed(() => (stale.value ? behindAtLast.value + silentFor.value : 0))
  const fresh = computed(() => !silent.value && !stale.value)

  const steady = (): number => performance.now() / 1000
  const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws'
  const link = new Link(`${scheme}://${window.location.host}/api/v1/live/ws`, {
    opened: () => undefined,
    message: (text) => {
      hear(JSON.parse(text) as LiveMessage)
    },
    lost: () => {
      connected.value = false
      void stillSignedIn()
    },
    signedOut: () => {
      connected.value = false
      void session.signedInAgain()
    },
  })

  function hear(message: LiveMessage): void {
    switch (message.type) {
      case 'board':
        board.value = message.board
        break
      case 'changes':
        if (board.value !== null) board.value = applyDelta(board.value, message)
        break
      case 'beat':
        // A beat of another number: something did not arrive here. Begin with a whole board.
        if (board.value !== null && board.value.seq !== message.seq) link.again()
        break
    }
    if (message.type !== 'changes') {
      stale.value = message.stale
      behindAtLast.value = message.behind_s
    }
    connected.value = true
    heardAt.value = tick.value = steady()
    ahead.value = message.now - heardAt.value
  }

  /** A websocket is refused without a reason; only a request tells whether the session is over. */
  async function stillSignedIn(): Promise<void> {
    try {
      await ask(api.GET('/api/v1/me'))
    } catch (error) {
      if (!(error instanceof Problem)) throw error
    }
  }

  window.setInterval(() => (tick.value = steady()), 1000)

  watch(
    () => session.state,
    (state) => {
      if (state === 'in') link.open()
      else link.close()
      if (state !== 'in') connected.value = false
      if (state === 'out') board.value = null
    },
    { immediate: true },
  )

  /** The server is there again, as another way shows: do not wait for the next try. */
  function hurry(): void {
    if (!connected.value) link.again()
  }

  return { board, hurry, now, silent, silentFor, stale, behindFor, fresh, connected }
})
