/**
 * How a report's cells are written: PURE, and the same as on paper (reports/cells.py), down to the
 * rounding, so that screen and file never differ in a digit.
 */
import type { Cell } from '@/api/types'

export const NOTHING = '—'
const MINUS = '−'
const MARKS = { good: '▲', bad: '▼', '': '' } as const

/** Words that a cell needs. */
export interface CellWords {
  rankSame: string
  points: string
}

function fixed(number: number, digits: number): string {
  return new Intl.NumberFormat('en', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    roundingMode: 'halfEven',
  }).format(number)
}

/** With its sign; what rounds to nothing has none. */
function signed(number: number, digits: number): string {
  const written = fixed(Math.abs(number), digits)
  if (Number(written.replaceAll(',', '')) === 0) return written
  return `${number > 0 ? '+' : MINUS}${written}`
}

export function written(cell: Cell, words: CellWords): string {
  const { value, unit } = cell
  if (value === null) return NOTHING
  if (typeof value === 'string') return value
  switch (unit) {
    case 'share':
      return `${fixed(value * 100, 2).replaceAll(',', '')}%`
    case 'seconds':
    case 'hours':
      return fixed(value, 1)
    case 'change':
      return `${signed(value * 100, 2)}%`
    case 'points':
      return signed(value * 100, 2)
    case 'rank':
      if (value === 0) return words.rankSame
      return `${value > 0 ? '↑' : '↓'}${Math.abs(value)}`
    default:
      return fixed(value, 0)
  }
}

/** What stands small under a figure: `n/d` of a share, or that it is percentage points. */
export function under(cell: Cell, words: CellWords): string {
  if (cell.unit === 'points' && cell.value !== null) return words.points
  if (cell.n === null || cell.d === null || cell.d === 0) return ''
  return `${fixed(cell.n, 0)}/${fixed(cell.d, 0)}`
}

/** The sign beside a figure that has a target; its colour is never the only one. */
export function mark(cell: Cell): string {
  return MARKS[cell.tone]
}
