/** Where a key leads in a recording: PURE. Null: the key means nothing here. Seconds. */

const STEP_S = 5
const LEAP_S = 30

export function keyed(key: string, at: number, length: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return Math.max(0, at - STEP_S)
    case 'ArrowRight':
    case 'ArrowUp':
      return Math.min(length, at + STEP_S)
    case 'PageDown':
      return Math.max(0, at - LEAP_S)
    case 'PageUp':
      return Math.min(length, at + LEAP_S)
    case 'Home':
      return 0
    case 'End':
      return length
    default:
      return null
  }
}
