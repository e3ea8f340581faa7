/**
 * SIP for the phone in the page: JsSIP over our own origin's websocket. It registers, is rung and
 * carries sound; it never dials. Credentials live in this object's memory and nowhere else.
 *
 * A connection that is lost while nobody talks is thrown away and made anew. While somebody talks
 * it is kept, because the talk's sound hangs on it; JsSIP then finds its own way back.
 */
import { UA, WebSocketInterface } from 'jssip'
import type { RTCSession } from 'jssip/lib/RTCSession'
import type { IncomingRTCSessionEvent } from 'jssip/lib/UA'

export interface Account {
  username: string
  password: string
  realm: string
  uri: string
  /** Absolute address of the websocket. */
  socket: string
  iceServers: RTCIceServer[]
}

export interface SipEnds {
  registered(): void
  lost(): void
  rung(call: SipCall): void
}

/** What marks a call that goes on after the page was loaded again (telephony/perform.py). */
const REJOIN = 'urn:x-hotline:rejoin'

/** All addresses of this machine are known long before; none beyond it is asked for. */
const GATHER_MS = 400

const BUSY = 486

export class SipLine {
  private ua: UA | null = null
  private readonly calls = new Set<SipCall>()

  constructor(private readonly ends: SipEnds) {}

  /** Register with this account; what comes of it is told to `ends`. */
  register(account: Account): void {
    if (this.ua !== null && this.calls.size > 0) {
      this.ua.set('password', account.password)
      if (this.ua.isConnected()) this.ua.register()
      return
    }
    this.discard()
    const ua = new UA({
      sockets: [new WebSocketInterface(account.socket)],
      uri: account.uri,
      authorization_user: account.username,
      password: account.password,
      realm: account.realm,
      register: true,
      register_expires: 120,
      session_timers: false,
      user_agent: 'hotline-12348',
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 4,
    })
    this.ua = ua
    const mine = (tell: () => void) => () => {
      if (this.ua === ua) tell()
    }
    ua.on('registered', mine(() => this.ends.registered()))
    ua.on('unregistered', mine(() => this.lost()))
    ua.on('registrationFailed', mine(() => this.lost()))
    ua.on('disconnected', mine(() => this.lost()))
    // It never dials: every session comes from the exchange.
    ua.on('newRTCSession', ({ session, request }: IncomingRTCSessionEvent) => {
      const again = (request.getHeader('Alert-Info') ?? '').includes(REJOIN)
      const call = new SipCall(session, again, account.iceServers)
      this.calls.add(call)
      const gone = (): void => {
        this.calls.delete(call)
        call.tellOver()
      }
      session.on('ended', gone)
      session.on('failed', gone)
      if (this.ua === ua) this.ends.rung(call)
      else call.turnAway()
    })
    ua.start()
  }

  /** No phone any more: whatever it has ends. */
  leave(): void {
    this.discard()
  }

  private lost(): void {
    if (this.calls.size === 0) this.discard()
    this.ends.lost()
  }

  private discard(): void {
    const ua = this.ua
    this.ua = null
    ua?.stop()
  }
}

/** One call to this phone. */
export class SipCall {
  /** What the caller says, from when it is heard. */
  heard: (stream: MediaStream) => void = () => undefined
  up: () => void = () => undefined
  over: () => void = () => undefined
  private ended = false

  constructor(
    private readonly session: RTCSession,
    /** For a talk that goes on. */
    readonly again: boolean,
    private readonly iceServers: RTCIceServer[],
  ) {
    session.on('confirmed', () => this.up())
    session.on('peerconnection', ({ peerconnection }) => {
      peerconnection.addEventListener('track', ({ track, streams }) => {
        this.heard(streams[0] ?? new MediaStream([track]))
      })
      // Another network, say: the sound does not come back by itself. The seat is rung anew.
      peerconnection.addEventListener('connectionstatechange', () => {
        if (peerconnection.connectionState === 'failed') this.hangUp()
      })
    })
    let gathering = 0
    session.on('icecandidate', ({ ready }) => {
      if (gathering === 0) gathering = window.setTimeout(ready, GATHER_MS)
    })
  }

  /** Once, by the line. */
  tellOver(): void {
    this.ended = true
    this.over()
  }

  answer(microphone: MediaStream): void {
    if (this.ended) return
    this.session.answer({
      mediaStream: microphone,
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: this.iceServers },
    })
  }

  turnAway(): void {
    if (!this.ended) this.session.terminate({ status_code: BUSY })
  }

  hangUp(): void {
    if (!this.ended) this.session.terminate()
  }

  /** Telephone keys, as events within the sound (RFC 4733). */
  press(key: string): void {
    const sender = this.connection?.getSenders().find((one) => one.dtmf !== null)?.dtmf
    sender?.insertDTMF(key, 160, 70)
  }

  get connection(): RTCPeerConnection | null {
    return this.ended ? null : (this.session.connection ?? null)
  }
}
