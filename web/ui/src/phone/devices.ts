/** Microphone and loudspeaker: which there are, which is chosen, and why one cannot be had. */

/** Why there is no microphone. */
export type NoMicrophone = 'denied' | 'missing' | 'in-use' | 'insecure'

export interface Device {
  id: string
  name: string
}

export interface Devices {
  inputs: Device[]
  outputs: Device[]
}

const KEYS = { input: 'hotline.microphone', output: 'hotline.loudspeaker' } as const

/** The device that the system prefers, whichever that is. */
export const DEFAULT = 'default'

/** The chosen device's id. */
export function chosen(kind: keyof typeof KEYS): string {
  return localStorage.getItem(KEYS[kind]) ?? DEFAULT
}

export function choose(kind: keyof typeof KEYS, id: string): void {
  if (id === DEFAULT) localStorage.removeItem(KEYS[kind])
  else localStorage.setItem(KEYS[kind], id)
}

export function reasonOf(error: unknown): NoMicrophone {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied'
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'missing'
  return 'in-use'
}

/** The microphone that was chosen, or any when that one is gone. Throws NoMicrophone. */
export async function microphone(id: string): Promise<MediaStream> {
  // Absent where the page came over plain HTTP from another machine.
  if (!('mediaDevices' in navigator)) throw 'insecure' satisfies NoMicrophone
  const voice = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  try {
    const exact = id === DEFAULT ? {} : { deviceId: { exact: id } }
    return await navigator.mediaDevices.getUserMedia({ audio: { ...voice, ...exact } })
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === 'missing' && id !== DEFAULT) return microphone(DEFAULT)
    throw reason
  }
}

/** What there is to choose from; names are known once the microphone was allowed. */
export async function devices(): Promise<Devices> {
  if (!('mediaDevices' in navigator)) return { inputs: [], outputs: [] }
  const all = await navigator.mediaDevices.enumerateDevices()
  const named = (kind: MediaDeviceKind): Device[] =>
    all
      .filter((one) => one.kind === kind && one.label !== '' && one.deviceId !== 'communications')
      .map((one) => ({ id: one.deviceId, name: one.label }))
  return { inputs: named('audioinput'), outputs: named('audiooutput') }
}

/** Firefox and Safari have one loudspeaker only. */
export function canChooseOutput(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype
}
