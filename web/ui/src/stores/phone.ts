/** The one phone of this page, for screens to look at and press keys on (phone/phone.ts). */
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, watch } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { NoMicrophone } from '@/phone/devices'
import { OFF, type PhoneState } from '@/phone/machine'
import { Phone } from '@/phone/phone'
import type { Account } from '@/phone/sip'

export const usePhone = defineStore('phone', () => {
  const state = shallowRef<PhoneState>(OFF)
  const noVoice = ref<NoMicrophone | null>(null)
  const hasVoice = ref(false)
  const deaf = ref(false)
  const registered = computed(() => state.value.line === 'registered')

  const phone = markRaw(
    new Phone({
      account,
      changed: () => {
        state.value = phone.state
        noVoice.value = phone.noVoice
        hasVoice.value = phone.voice !== null
        deaf.value = phone.deaf
      },
    }),
  )

  async function account(takeOver: boolean): Promise<Account | string> {
    try {
      const body = { take_over: takeOver }
      const mine = await ask(api.POST('/api/v1/me/phone', { body }))
      const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws'
      return {
        username: mine.username,
        password: mine.password,
        realm: mine.realm,
        uri: mine.uri,
        socket: `${scheme}://${window.location.host}${mine.ws_path}`,
        iceServers: mine.ice_servers.map(({ urls }) => ({ urls })),
      }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      // A server that is away comes back; what it refuses it will refuse again.
      return error.status === 0 || error.status >= 500 ? '' : error.code
    }
  }

  /** Resolves when the phone is registered (true), or cannot be. */
  async function ready(takeOver = false): Promise<boolean> {
    if (!(await phone.start(takeOver))) return false
    return new Promise((resolve) => {
      const stop = watchLine((line) => {
        if (line === 'registering' || line === 'lost') return
        stop()
        resolve(line === 'registered')
      })
    })
  }

  function watchLine(look: (line: PhoneState['line']) => void): () => void {
    let stop = (): void => undefined
    let over = false
    stop = watch(
      () => state.value.line,
      (line) => {
        if (!over) look(line)
      },
      { immediate: true, flush: 'sync' },
    )
    return () => {
      over = true
      stop()
    }
  }

  return { state, registered, noVoice, hasVoice, deaf, phone, ready }
})
