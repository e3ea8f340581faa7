/** The month's pages: what is pure in them. */
import { describe, expect, it } from 'vitest'

import type { Cell, Chart, Listed } from '@/api/types'
import { byMonth, monthBefore, monthName, monthOf } from '@/pages/month/months'
import { mark, under, written } from '@/pages/report/cells'
import { heightOf, optionOf, worthDrawing } from '@/pages/report/option'

const WORDS = { rankSame: '持平', points: '个百分点' }

function cell(value: Cell['value'], unit: Cell['unit'], rest: Partial<Cell> = {}): Cell {
  return { value, unit, n: null, d: null, tone: '', ...rest }
}

describe('a cell is written as on paper', () => {
  it.each<[Cell, string]>([
    [cell(null, 'share'), '—'],
    [cell('婚姻家庭', 'text'), '婚姻家庭'],
    [cell(20431, 'count'), '20,431'],
    [cell(0.89694, 'share'), '89.69%'],
    [cell(1, 'share'), '100.00%'],
    [cell(12.55, 'seconds'), '12.6'],
    [cell(2937.44, 'hours'), '2,937.4'],
    [cell(0.05, 'change'), '+5.00%'],
    [cell(-0.0512, 'change'), '−5.12%'],
    [cell(-0.00001, 'change'), '0.00%'],
    [cell(12.5, 'change'), '+1,250.00%'],
    [cell(0.0123, 'points'), '+1.23'],
    [cell(2, 'rank'), '↑2'],
    [cell(-1, 'rank'), '↓1'],
    [cell(0, 'rank'), '持平'],
    // Halves go to the even digit, as in Python.
    [cell(0.5, 'count'), '0'],
    [cell(1.5, 'count'), '2'],
    [cell(0.25, 'seconds'), '0.2'],
  ])('%j → %s', (one, text) => {
    expect(written(one, WORDS)).toBe(text)
  })

  it('with what stands under it', () => {
    expect(under(cell(0.5, 'share', { n: 1000, d: 2000 }), WORDS)).toBe('1,000/2,000')
    expect(under(cell(null, 'share', { n: 0, d: 0 }), WORDS)).toBe('')
    expect(under(cell(0.01, 'points'), WORDS)).toBe('个百分点')
    expect(under(cell(null, 'points'), WORDS)).toBe('')
    expect(under(cell(3, 'count'), WORDS)).toBe('')
  })

  it('with a sign where it has a target', () => {
    expect([mark(cell(1, 'share', { tone: 'good' })), mark(cell(1, 'share', { tone: 'bad' })), mark(cell(1, 'count'))]).toEqual(['▲', '▼', ''])
  })
})

describe('a chart', () => {
  function chart(kind: Chart['kind'], values: number[][]): Chart {
    const series = values.map((row, place) => ({ name: `s${place}`, values: row }))
    return { id: 'c', title: '图', kind, labels: ['a', 'b'], series, unit: '' }
  }

  it('without a figure is not drawn', () => {
    expect(worthDrawing(chart('bars', [[0, 0]]))).toBe(false)
    expect(worthDrawing(chart('bars', [[0, 3]]))).toBe(true)
  })

  it.each(['bars', 'lines', 'heat'] as const)('of kind %s makes no HTML', (kind) => {
    const option = optionOf(chart(kind, [[1, 2], [3, 4]]), 'sans-serif')
    expect(option.tooltip).toMatchObject({ renderMode: 'richText' })
    expect(JSON.stringify(option)).not.toContain('<')
  })

  it('shows every number of every series', () => {
    const heat = optionOf(chart('heat', [[1, 2], [3, 4]]), 'x') as unknown as { series: { data: { value: number[] }[] }[] }
    expect(heat.series[0]?.data.map(({ value }) => value)).toEqual([
      [0, 0, 1],
      [1, 0, 2],
      [0, 1, 3],
      [1, 1, 4],
    ])
    const lines = optionOf(chart('lines', [[1, 2], [3, 4]]), 'x') as unknown as { series: { data: number[] }[] }
    expect(lines.series.map(({ data }) => data)).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('of bars is as high as it has bars', () => {
    const many = { ...chart('bars', [[1]]), labels: Array.from({ length: 20 }, String) }
    expect(heightOf(many)).toBeGreaterThan(heightOf(chart('bars', [[1, 2]])))
  })
})

describe('months', () => {
  const listed = (month: string, version: number): Listed => ({ month, version }) as Listed

  it('keep their versions together', () => {
    const months = byMonth([listed('2026-06', 1), listed('2026-05', 2), listed('2026-05', 1)])
    expect(months.map(({ month, versions }) => [month, versions.length])).toEqual([
      ['2026-06', 1],
      ['2026-05', 2],
    ])
  })

  it('begin where the centre is', () => {
    const lastSecond = Date.UTC(2026, 4, 31, 16) / 1000 - 1 // 2026-05-31 23:59:59 in Sichuan
    expect(monthOf(lastSecond, 'Asia/Shanghai')).toBe('2026-05')
    expect(monthOf(lastSecond + 1, 'Asia/Shanghai')).toBe('2026-06')
  })

  it('come one after the other', () => {
    expect(monthBefore('2026-01')).toBe('2025-12')
    expect(monthBefore('2026-10')).toBe('2026-09')
  })

  it('have names', () => {
    expect(monthName('2026-05', 'zh-CN')).toBe('2026年5月')
    expect(monthName('2026-05', 'en')).toBe('May 2026')
  })
})
