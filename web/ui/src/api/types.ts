/** Short names for the shapes of the OpenAPI document. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Person = Schemas['Person']
export type Role = Person['role']
export type SeatView = Schemas['SeatView']
export type CallView = Schemas['CallView']
export type BoardView = Schemas['BoardView']
export type MyPhone = Schemas['MyPhone']
export type Catalogue = Schemas['Catalogue']
export type Choice = Schemas['Choice']
export type Term = Schemas['Term']
export type SlipRecord = Schemas['SlipRecord']
export type SlipBody = Schemas['SlipBody']
export type Note = Schemas['Note']
export type QueueView = Schemas['QueueView']
export type Figure = Schemas['Figure']
export type LiveBoard = Schemas['LiveBoard']
export type Delta = Schemas['Delta']
export type Beat = Schemas['Beat']
export type Change = Delta['changes'][number]
/** What the live board's websocket sends. */
export type LiveMessage = LiveBoard | Delta | Beat
export type CallRecord = Schemas['CallRecord']
export type CallPage = Schemas['CallPage']
export type CallDetail = Schemas['CallDetail']
export type OfferRecord = Schemas['OfferRecord']
export type RatingRecord = Schemas['RatingRecord']
export type RecordingRecord = Schemas['RecordingRecord']
export type VoicemailRecord = Schemas['VoicemailRecord']
export type StoryLine = Schemas['Line']
