/**
 * The two voices of an <audio> element apart: each with a volume and a measure of its own.
 *
 * Both are heard in both ears, because seats wear headsets with one. Made on the first click: a
 * browser starts no sound before somebody has touched the page.
 */

const SIZE = 1024

export class Voices {
  private readonly context = new AudioContext()
  private readonly gains: GainNode[] = []
  private readonly meters: AnalyserNode[] = []
  private readonly samples = new Float32Array(SIZE)

  constructor(element: HTMLAudioElement, channels: number) {
    const source = this.context.createMediaElementSource(element)
    const split = this.context.createChannelSplitter(Math.max(2, channels))
    source.connect(split)
    for (let channel = 0; channel < channels; channel++) {
      const meter = this.context.createAnalyser()
      meter.fftSize = SIZE
      const gain = this.context.createGain()
      split.connect(meter, channel)
      meter.connect(gain).connect(this.context.destination)
      this.meters.push(meter)
      this.gains.push(gain)
    }
  }

  /** `volume` 0 … 1. */
  turn(channel: number, volume: number): void {
    const gain = this.gains[channel]
    if (gain !== undefined) gain.gain.value = volume
  }

  /** How loud a channel is at this moment, before its volume: root mean square, 0 … 1. */
  level(channel: number): number {
    const meter = this.meters[channel]
    if (meter === undefined) return 0
    meter.getFloatTimeDomainData(this.samples)
    return Math.sqrt(this.samples.reduce((sum, value) => sum + value * value, 0) / SIZE)
  }

  async wake(): Promise<void> {
    await this.context.resume()
  }

  async close(): Promise<void> {
    await this.context.close()
  }
}
