/**
 * Days and clock times where the centre is, whatever the browser's own zone: PURE.
 *
 * Times are epoch seconds. A day is `YYYY-MM-DD` in the calendar of `zone` (an IANA name).
 */

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const formats = new Map<string, Intl.DateTimeFormat>()

interface Parts {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
}

function partsOf(at: number, zone: string): Parts {
  let format = formats.get(zone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(zone, format)
  }
  const found: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(at * 1000)) found[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = found
  return { year, month, day, hour, minute, second }
}

const two = (value: number): string => String(value).padStart(2, '0')

/** The day on which `at` falls. */
export function dayOf(at: number, zone: string): string {
  const { year, month, day } = partsOf(at, zone)
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`
}

/** `HH:MM:SS`. */
export function clockOf(at: number, zone: string): string {
  const { hour, minute, second } = partsOf(at, zone)
  return `${two(hour)}:${two(minute)}:${two(second)}`
}

/** `YYYY-MM-DD HH:MM:SS`. */
export function momentOf(at: number, zone: string): string {
  return `${dayOf(at, zone)} ${clockOf(at, zone)}`
}

/** Whether this is a day of the calendar: 2026-02-30 is none. */
export function isDay(text: string): boolean {
  const found = DAY.exec(text)
  if (found === null) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** The day `days` later (negative: earlier). */
export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** When the day begins. */
export function beginOf(day: string, zone: string): number {
  const wanted = Date.parse(`${day}T00:00:00Z`) / 1000
  // Off by the zone's offset; a second look is right where that has changed in between.
  let at = wanted
  for (let look = 0; look < 2; look++) at += wanted - secondsOf(partsOf(at, zone))
  return at
}

function secondsOf(parts: Parts): number {
  const { year, month, day, hour, minute, second } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000
}

/** A length of time as on a stopwatch: `0:07`, `12:34`, `1:02:03`. Whole seconds, rounded down. */
export function lengthOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`
}

/** A length that is over, as people say it: rounded to whole seconds. */
export function lasted(seconds: number): string {
  return lengthOf(Math.round(seconds))
}
