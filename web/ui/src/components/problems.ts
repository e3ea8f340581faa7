/**
 * A form's last refusal.
 *
 *     const { problem, busy, attempt, fieldError } = useProblem()
 *     const ok = await attempt(() => ask(api.POST(…)))
 *     <ProblemNote :problem="problem" />   <ElFormItem :error="fieldError('new')">
 */
import { ref, shallowRef } from 'vue'

import { asProblem, type Problem } from '@/api/problem'

export function useProblem(fields: readonly string[] = []) {
  const last = shallowRef<Problem | null>(null)
  const busy = ref(false)

  /** True when it succeeded. One attempt at a time: a second click does nothing. */
  async function attempt(action: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    last.value = null
    try {
      await action()
      return true
    } catch (error) {
      last.value = asProblem(error)
      return false
    } finally {
      busy.value = false
    }
  }

  /** The sentence for this field, when it is what was wrong. */
  function fieldError(field: string): string {
    return last.value?.field === field ? last.value.message : ''
  }

  /** The refusal as far as it is not shown at one of `fields`. */
  function elsewhere(): Problem | null {
    return last.value !== null && fields.includes(last.value.field) ? null : last.value
  }

  return { problem: last, busy, attempt, fieldError, elsewhere }
}
