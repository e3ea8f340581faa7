/**
 * What the page itself sounds: the ring, the test tone; and how loud the microphone is. Everything
 * is made here, no file is played. A browser lets a page sound only after somebody has clicked.
 */

/** The ringing tone of telephones in China: 450 Hz, 1 s on, 4 s off (GB/T 3378). */
const RING = { hertz: 450, on: 1, off: 4 }
const TEST_S = 1.2
const LOUD = 0.2

interface Sink {
  setSinkId?: (id: string) => Promise<void>
}

export class Sounds {
  private context: AudioContext | null = null
  private ringing: OscillatorNode | null = null
  private meter: { source: MediaStreamAudioSourceNode; analyser: AnalyserNode } | null = null
  private samples = new Float32Array(1024)

  /** To this loudspeaker from now on; empty: the system's. */
  async to(sink: string): Promise<void> {
    const context = this.open() as AudioContext & Sink
    await context.setSinkId?.(sink)
  }

  /** Call in a click: sound is allowed from then on. */
  async wake(): Promise<void> {
    await this.open().resume()
  }

  ring(): void {
    this.hush()
    const context = this.open()
    const gain = context.createGain()
    gain.gain.value = 0
    const start = context.currentTime
    for (let turn = 0; turn < 60; turn += 1) {
      const at = start + turn * (RING.on + RING.off)
      gain.gain.setTargetAtTime(LOUD, at, 0.02)
      gain.gain.setTargetAtTime(0, at + RING.on, 0.02)
    }
    this.ringing = this.tone(RING.hertz, gain)
    this.ringing.start()
    void context.resume()
  }

  hush(): void {
    this.ringing?.stop()
    this.ringing?.disconnect()
    this.ringing = null
  }

  /** Resolves when it has been played. */
  async test(): Promise<void> {
    await this.wake()
    const context = this.open()
    const gain = context.createGain()
    gain.gain.value = LOUD
    const tone = this.tone(660, gain)
    const done = new Promise((resolve) => tone.addEventListener('ended', resolve))
    tone.start()
    tone.stop(context.currentTime + TEST_S)
    await done
  }

  /** Measure this microphone; null: none. */
  listen(stream: MediaStream | null): void {
    this.meter?.source.disconnect()
    this.meter = null
    if (stream === null) return
    const context = this.open()
    const source = context.createMediaStreamSource(stream)
    const analyser = context.createAnalyser()
    analyser.fftSize = this.samples.length
    source.connect(analyser)
    this.meter = { source, analyser }
    void context.resume()
  }

  /** How loud the microphone is now, 0…1 over the range of a voice. */
  level(): number {
    if (this.meter === null) return 0
    this.meter.analyser.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const sample of this.samples) sum += sample * sample
    return loudness(Math.sqrt(sum / this.samples.length))
  }

  close(): void {
    this.hush()
    this.listen(null)
    void this.context?.close()
    this.context = null
  }

  private open(): AudioContext {
    this.context ??= new AudioContext()
    return this.context
  }

  private tone(hertz: number, gain: GainNode): OscillatorNode {
    const context = this.open()
    const tone = context.createOscillator()
    tone.frequency.value = hertz
    tone.connect(gain).connect(context.destination)
    return tone
  }
}

/** Root mean square of samples → 0…1 over the 50 dB in which voices are. */
export function loudness(rms: number): number {
  if (rms <= 0) return 0
  return Math.min(1, Math.max(0, (20 * Math.log10(rms) + 55) / 50))
}
