/**
 * The phone in the page: carries out what the machine orders, with SIP, microphone and loudspeaker.
 * Knows nothing of seats, calls or Vue. Nothing here outlives the page, the password least of all.
 */
import { choose, chosen, DEFAULT, microphone, type NoMicrophone } from './devices'
import { OFF, pauseBefore, step, type Order, type PhoneEvent, type PhoneState } from './machine'
import type { Account, SipCall, SipLine } from './sip'
import { Sounds } from './sounds'

export interface PhoneEnds {
  /** Asks the server for an account. A string is the code of a refusal that no waiting mends. */
  account(takeOver: boolean): Promise<Account | string>
  /** State, microphone or `deaf` changed. */
  changed(): void
}

export class Phone {
  state: PhoneState = OFF
  /** The microphone, while the phone is in use; it is sent nowhere but into a talk. */
  voice: MediaStream | null = null
  noVoice: NoMicrophone | null = null
  /** The browser does not let the caller be heard before somebody clicks. */
  deaf = false
  readonly sounds = new Sounds()

  private line: SipLine | null = null
  private readonly speaker = new Audio()
  private call: SipCall | null = null
  /** The talk's call before this one, until this one is up. */
  private before: SipCall | null = null
  /** The call that rings, for the machine to decide on. */
  private fresh: SipCall | null = null
  private timer = 0
  private takeOver = false

  constructor(private readonly ends: PhoneEnds) {
    this.speaker.autoplay = true
  }

  /** Microphone first, so that a call can be taken at once. False: there is none, see `noVoice`. */
  async start(takeOver = false): Promise<boolean> {
    if (this.voice === null && !(await this.listen())) return false
    this.takeOver = takeOver
    this.happen({ type: 'start' })
    return true
  }

  stop(): void {
    this.happen({ type: 'stop' })
    this.release()
  }

  answer(): void {
    this.happen({ type: 'answer' })
  }

  mute(on: boolean): void {
    this.happen({ type: 'mute', on })
  }

  press(key: string): void {
    this.call?.press(key)
  }

  /** The router says that there is no such talk any more, whatever the phone believes. */
  forget(): void {
    const call = this.call
    this.call = null
    call?.hangUp()
    this.happen({ type: 'over' })
  }

  /** Open the microphone, or another one while it is in use. */
  async listen(id = chosen('input')): Promise<boolean> {
    try {
      const voice = await microphone(id)
      choose('input', id)
      await this.call?.connection?.getSenders()[0]?.replaceTrack(voice.getAudioTracks()[0] ?? null)
      this.release()
      this.voice = voice
      this.noVoice = null
      this.sounds.listen(voice)
      for (const track of voice.getAudioTracks()) {
        track.enabled = !this.state.muted
        track.addEventListener('ended', () => this.unplugged(voice))
      }
      if (chosen('output') !== DEFAULT) await this.speakTo(chosen('output'))
    } catch (error) {
      if (typeof error !== 'string') throw error
      this.noVoice = error as NoMicrophone
    }
    this.ends.changed()
    return this.noVoice === null
  }

  /** Caller, ring and test tone to this loudspeaker; the system's when it is gone. */
  async speakTo(id: string): Promise<void> {
    try {
      const sink = id === DEFAULT ? '' : id
      await this.speaker.setSinkId(sink)
      await this.sounds.to(sink)
      choose('output', id)
    } catch {
      choose('output', DEFAULT)
    }
  }

  /** In a click: let the caller be heard. */
  async hear(): Promise<void> {
    await this.sounds.wake()
    await this.speaker.play()
    this.deaf = false
    this.ends.changed()
  }

  // ---- what happens ----

  private rung(call: SipCall): void {
    this.fresh = call
    call.over = () => {
      if (this.call !== call) return
      this.call = null
      this.happen({ type: 'over' })
    }
    call.up = () => {
      if (this.call !== call) return
      this.before?.hangUp()
      this.before = null
      this.happen({ type: 'up' })
    }
    call.heard = (stream) => {
      if (this.call === call) void this.play(stream)
    }
    this.happen({ type: 'rung', again: call.again })
    this.fresh = null
  }

  private async play(stream: MediaStream): Promise<void> {
    this.speaker.srcObject = stream
    try {
      await this.speaker.play()
      this.deaf = false
    } catch (error) {
      // A call that ended meanwhile takes its stream along: no fault.
      this.deaf = error instanceof DOMException && error.name === 'NotAllowedError'
    }
    this.ends.changed()
  }

  private unplugged(voice: MediaStream): void {
    if (this.voice === voice) void this.listen(DEFAULT)
  }

  private happen(event: PhoneEvent): void {
    const { state, orders } = step(this.state, event)
    this.state = state
    for (const order of orders) this.obey(order)
    this.ends.changed()
  }

  private obey(order: Order): void {
    switch (order) {
      case 'register':
        void this.register()
        break
      case 'wait':
        window.clearTimeout(this.timer)
        this.timer = window.setTimeout(
          () => this.happen({ type: 'due' }),
          pauseBefore(this.state.attempt, Math.random()) * 1000,
        )
        break
      case 'leave':
        window.clearTimeout(this.timer)
        this.line?.leave()
        break
      case 'ring':
        this.sounds.ring()
        break
      case 'hush':
        this.sounds.hush()
        break
      case 'take':
        this.before = this.call
        this.call = this.fresh
        break
      case 'turn-away':
        this.fresh?.turnAway()
        break
      case 'pick-up':
        if (this.voice !== null) this.call?.answer(this.voice)
        break
      case 'drop':
        this.call?.hangUp()
        this.call = null
        break
      case 'mute':
      case 'unmute':
        for (const track of this.voice?.getAudioTracks() ?? []) track.enabled = order === 'unmute'
        break
    }
  }

  private async register(): Promise<void> {
    const account = await this.ends.account(this.takeOver)
    if (this.state.line !== 'registering') return
    if (typeof account === 'string') {
      this.happen(account === '' ? { type: 'lost' } : { type: 'refused', why: account })
      return
    }
    this.takeOver = false
    // JsSIP is large, and most pages have no phone.
    const { SipLine } = await import('./sip')
    this.line ??= new SipLine({
      registered: () => this.happen({ type: 'registered' }),
      lost: () => this.happen({ type: 'lost' }),
      rung: (call) => this.rung(call),
    })
    if (this.state.line === 'registering') this.line.register(account)
  }

  private release(): void {
    for (const track of this.voice?.getTracks() ?? []) track.stop()
    this.voice = null
    this.sounds.listen(null)
  }
}
