/**
 * Who sits at this browser. The token lives in a cookie that no script can read.
 *
 * `expired` means that the server no longer knows the session while a page is open: the sign-in
 * form is laid over the page, requests under way wait, and the page goes on where it was.
 */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api, ask } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Person, Role } from '@/api/types'

type State = 'unknown' | 'out' | 'must-change' | 'in' | 'expired'

export const useSession = defineStore('session', () => {
  const state = ref<State>('unknown')
  const person = ref<Person | null>(null)
  const role = computed<Role | null>(() => person.value?.role ?? null)
  /** The session expired under an open page, and nobody has come back yet. */
  const covered = ref(false)
  let leaving = false
  let asking: Promise<void> | null = null
  const waiting: ((again: boolean) => void)[] = []

  /** Ask the server once who we are. Throws Problem when it cannot say. */
  async function known(): Promise<void> {
    if (state.value !== 'unknown') return
    asking ??= look().finally(() => (asking = null))
    await asking
  }

  async function look(): Promise<void> {
    try {
      take((await ask(api.GET('/api/v1/me'))).person)
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error
      state.value = 'out'
    }
  }

  function take(who: Person): void {
    const other = covered.value && person.value !== null && person.value.id !== who.id
    if (other) {
      // Nothing of one person's page may be seen or sent by another.
      window.location.assign('/')
      return
    }
    person.value = who
    state.value = who.must_change_password ? 'must-change' : 'in'
    if (state.value === 'in') settle(true)
  }

  function settle(again: boolean): void {
    covered.value = false
    for (const tell of waiting.splice(0)) tell(again)
  }

  async function signIn(username: string, password: string): Promise<void> {
    take((await ask(api.POST('/api/v1/session', { body: { username, password } }))).person)
  }

  async function changePassword(old: string, fresh: string): Promise<void> {
    const body = { old, new: fresh }
    take((await ask(api.POST('/api/v1/me/password', { body }))).person)
  }

  /** Done before signing out, in order; what one of them throws keeps its person signed in. */
  const beforeLeaving: (() => Promise<void>)[] = []

  async function signOut(): Promise<void> {
    for (const prepare of beforeLeaving) await prepare()
    leaving = true
    try {
      await ask(api.DELETE('/api/v1/session'))
    } catch (error) {
      // A session that is over already is what was asked for.
      if (!(error instanceof Problem && error.status === 401)) throw error
    } finally {
      leaving = false
    }
    settle(false)
    person.value = null
    state.value = 'out'
  }

  /** The server no longer knows us. Resolves when somebody has signed in again. */
  function signedInAgain(): Promise<boolean> {
    if (person.value === null || leaving) return Promise.resolve(false)
    if (state.value === 'in') state.value = 'expired'
    covered.value = true
    return new Promise((resolve) => waiting.push(resolve))
  }

  return {
    state, covered, person, role, known, signIn, signOut, changePassword, signedInAgain,
    beforeLeaving,
  }
})
