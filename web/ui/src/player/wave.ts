/**
 * The outline of a WAV file's channels, made while the file comes in: PURE.
 *
 *     const outline = new Outline(600)
 *     outline.push(bytes)                 // any pieces, in order
 *     outline.channels[0]?.[12]           // loudest of the 13th piece of the left, 0 … 1
 *
 * 16-bit PCM as our recorder writes it. Holds the outline and at most one header, never the sound.
 */

/** A header is some dozens of bytes; one that is not complete by then is none. */
const MOST_HEADER = 4096

export class NotWav extends Error {}

export class Outline {
  readonly channels: Float32Array[] = []
  rate = 0
  /** Length of the whole file, by its header; 0 before that has come. */
  seconds = 0
  private pending: Uint8Array = new Uint8Array()
  private frames = 0
  private left = 0
  private frame = 0

  constructor(private readonly steps: number) {}

  /** How much of the file has been outlined, 0 … 1. */
  get done(): number {
    return this.frames === 0 ? 0 : this.frame / this.frames
  }

  /** Seconds that have been outlined. */
  get heard(): number {
    return this.rate === 0 ? 0 : this.frame / this.rate
  }

  /** Throws NotWav. */
  push(bytes: Uint8Array): void {
    const all = joined(this.pending, bytes)
    const from = this.rate === 0 ? this.header(all) : 0
    if (from < 0) {
      if (all.length > MOST_HEADER) throw new NotWav('no samples')
      this.pending = all
      return
    }
    this.pending = this.samples(all.subarray(from))
  }

  /** Where the samples begin; -1: not all of the header is here yet. */
  private header(bytes: Uint8Array): number {
    if (bytes.length < 12) return -1
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (word(bytes, 0) !== 'RIFF' || word(bytes, 8) !== 'WAVE') throw new NotWav('not RIFF')
    let channels = 0
    let rate = 0
    for (let at = 12; at + 8 <= bytes.length; ) {
      const length = view.getUint32(at + 4, true)
      if (word(bytes, at) === 'data') {
        if (channels === 0) throw new NotWav('no format before the samples')
        this.rate = rate
        this.frames = Math.floor(length / (2 * channels))
        this.seconds = this.frames / rate
        this.left = this.frames
        for (let i = 0; i < channels; i++) this.channels.push(new Float32Array(this.steps))
        return at + 8
      }
      if (word(bytes, at) === 'fmt ') {
        if (at + 24 > bytes.length) return -1
        channels = view.getUint16(at + 10, true)
        rate = view.getUint32(at + 12, true)
        const plain = view.getUint16(at + 8, true) === 1 && view.getUint16(at + 22, true) === 16
        if (!plain || channels === 0 || rate === 0) throw new NotWav('not 16-bit PCM')
      }
      at += 8 + length + (length % 2)
    }
    return -1
  }

  /** Outline whole frames; returns the bytes of the one that is not complete. */
  private samples(bytes: Uint8Array): Uint8Array {
    const width = 2 * this.channels.length
    const count = Math.min(this.left, Math.floor(bytes.length / width))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const [place, peaks] of this.channels.entries()) {
      for (let i = 0; i < count; i++) {
        const loud = Math.abs(view.getInt16(i * width + 2 * place, true)) / 32768
        const step = Math.floor(((this.frame + i) * this.steps) / this.frames)
        if (loud > (peaks[step] ?? 0)) peaks[step] = loud
      }
    }
    this.frame += count
    this.left -= count
    return this.left === 0 ? new Uint8Array() : bytes.slice(count * width)
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other
  const all = new Uint8Array(one.length + other.length)
  all.set(one)
  all.set(other, one.length)
  return all
}

function word(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4))
}
