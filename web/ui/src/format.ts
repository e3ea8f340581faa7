/** Figures as people read them: PURE. Seconds in, text out; the place where the centre is counts. */

/** `m:ss`, from an hour on `h:mm:ss`. Never negative: clocks differ a little. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  const two = (part: number): string => String(part).padStart(2, '0')
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A share 0–1 with `digits` decimals, rounded down where only rounding would make it whole. */
export function percent(share: number, digits = 1): string {
  const text = (share * 100).toFixed(digits)
  // 99.97 % is not everybody.
  const most = (100 - 10 ** -digits).toFixed(digits)
  return share < 1 && Number(text) >= 100 ? `${most}%` : `${text}%`
}

/** Whole numbers with separators, the same in both languages. */
export function count(number: number): string {
  return Math.round(number).toLocaleString('en')
}

export function timeOf(epoch: number, zone: string, seconds = true): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    timeZone: zone,
  }).format(epoch * 1000)
}

/** With the weekday. */
export function dateOf(epoch: number, zone: string, language: string): string {
  return new Intl.DateTimeFormat(language, {
    year: 'numeric',
    month: language === 'en' ? 'short' : 'long',
    day: 'numeric',
    weekday: language === 'en' ? 'short' : 'long',
    timeZone: zone,
  }).format(epoch * 1000)
}

/** `2026-05-29 12:00`, where the centre is: for lists, the same in both languages. */
export function momentOf(epoch: number, zone: string): string {
  const day = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone: zone })
  return `${day.format(epoch * 1000)} ${timeOf(epoch, zone, false)}`
}
