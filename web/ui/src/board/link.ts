/**
 * The websocket of the live board, kept open: it reconnects by itself, ever more slowly.
 * Knows nothing of what the messages mean.
 */

/** Close code of the server: the session is over (web/screens.py). */
const SIGNED_OUT = 4401

const FIRST_S = 0.5
const MOST_S = 15
/** A connection that is quiet for this long is dead: the server beats every ten seconds. */
export const SILENT_S = 25

export interface Ends {
  message(text: string): void
  opened(): void
  lost(): void
  signedOut(): void
}

/** Seconds before attempt `attempt` (from 0). `chance` in 0…1 keeps many screens apart. */
export function backOff(attempt: number, chance: number): number {
  const most = Math.min(MOST_S, FIRST_S * 2 ** attempt)
  return most * (0.5 + chance / 2)
}

export class Link {
  private socket: WebSocket | null = null
  private timer = 0
  private attempt = 0
  private closed = true

  constructor(
    private readonly url: string,
    private readonly ends: Ends,
  ) {}

  open(): void {
    if (!this.closed) return
    this.closed = false
    this.attempt = 0
    this.connect()
  }

  close(): void {
    this.closed = true
    window.clearTimeout(this.timer)
    const socket = this.socket
    this.socket = null
    socket?.close()
  }

  /** Give this connection up and make another one at once. */
  again(): void {
    if (this.closed) return
    this.close()
    this.open()
  }

  private connect(): void {
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.listen()
    socket.onopen = () => {
      if (this.socket === socket) this.ends.opened()
    }
    socket.onmessage = (event: MessageEvent<string>) => {
      if (this.socket !== socket) return
      this.attempt = 0
      this.listen()
      this.ends.message(event.data)
    }
    socket.onclose = (event) => {
      if (this.socket !== socket) return
      window.clearTimeout(this.timer)
      this.socket = null
      if (event.code === SIGNED_OUT) {
        this.closed = true
        this.ends.signedOut()
      } else {
        this.ends.lost()
        this.retry()
      }
    }
  }

  private listen(): void {
    window.clearTimeout(this.timer)
    this.timer = window.setTimeout(() => {
      this.ends.lost()
      this.again()
    }, SILENT_S * 1000)
  }

  private retry(): void {
    const wait = backOff(this.attempt, Math.random())
    this.attempt += 1
    this.timer = window.setTimeout(() => this.connect(), wait * 1000)
  }
}
