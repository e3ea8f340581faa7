/** Short names for the shapes of the OpenAPI document. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Person = Schemas['Person']
export type Role = Person['role']
export type SeatView = Schemas['SeatView']
export type CallView = Schemas['CallView']
export type BoardView = Schemas['BoardView']
export type Note = Schemas['Note']
export type LiveBoard = Schemas['LiveBoard']
export type Delta = Schemas['Delta']
export type Beat = Schemas['Beat']
export type Change = Delta['changes'][number]
/** What the live board's websocket sends. */
export type LiveMessage = LiveBoard | Delta | Beat
