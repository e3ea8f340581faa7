/** A report's chart as ECharts wants it: PURE. Colours are those of the printed report. */
import type { EChartsCoreOption } from 'echarts/core'

import type { Chart } from '@/api/types'

const INK = '#1f2d3d'
const GRID = '#d9dee5'
const COLOURS = ['#1f5f99', '#d98324', '#5b8c5a', '#8a5a83']
const PALE = '#eef4fa'
const STRONG = '#0d3b66'
const TOUCH = { animation: false, color: COLOURS } as const

export function worthDrawing(chart: Chart): boolean {
  return chart.series.some((series) => series.values.some((value) => value !== 0))
}

/** Pixels, so that every label has its line. */
export function heightOf(chart: Chart): number {
  if (chart.kind === 'bars') return 24 + 28 * chart.labels.length
  if (chart.kind === 'heat') return 70 + 36 * chart.series.length
  return 260
}

/** `font`: the page's; a canvas inherits none. */
export function optionOf(chart: Chart, font: string): EChartsCoreOption {
  // Tooltips made of HTML would carry style attributes, which the page's policy refuses.
  const tooltip = { renderMode: 'richText', confine: true }
  const base = { ...TOUCH, textStyle: { color: INK, fontFamily: font } }
  switch (chart.kind) {
    case 'bars':
      return { ...base, tooltip, ...bars(chart) }
    case 'lines':
      return { ...base, tooltip: { ...tooltip, trigger: 'axis' }, ...lines(chart) }
    case 'heat':
      return { ...base, tooltip, ...heat(chart) }
  }
}

function labels(chart: Chart): object {
  return { type: 'category', data: [...chart.labels], axisTick: { show: false }, axisLabel: { color: INK } }
}

function bars(chart: Chart): object {
  return {
    grid: { left: 8, right: 64, top: 4, bottom: 4, containLabel: true },
    xAxis: { type: 'value', show: false },
    yAxis: { ...labels(chart), inverse: true },
    series: chart.series.map(({ name, values }) => ({
      name,
      type: 'bar',
      data: [...values],
      barMaxWidth: 18,
      label: { show: true, position: 'right', color: INK, formatter: number('') },
    })),
  }
}

function lines(chart: Chart): object {
  return {
    grid: { left: 8, right: 16, top: 36, bottom: 4, containLabel: true },
    legend: { right: 8, top: 0, textStyle: { color: INK } },
    xAxis: { ...labels(chart), boundaryGap: false },
    yAxis: { type: 'value', name: chart.unit, min: 0, splitLine: { lineStyle: { color: GRID } } },
    series: chart.series.map(({ name, values }) => ({
      name,
      type: 'line',
      data: [...values],
      symbolSize: 5,
    })),
  }
}

function heat(chart: Chart): object {
  const data = chart.series.flatMap(({ values }, y) => values.map((value, x) => [x, y, value]))
  const most = Math.max(1, ...data.map(([, , value]) => value ?? 0))
  return {
    grid: { left: 8, right: 8, top: 4, bottom: 4, containLabel: true },
    xAxis: { ...labels(chart), splitArea: { show: false } },
    yAxis: { type: 'category', inverse: true, data: chart.series.map(({ name }) => name) },
    visualMap: { show: false, min: 0, max: most, inRange: { color: [PALE, STRONG] } },
    series: [
      {
        type: 'heatmap',
        data: data.map((value) => ({
          value,
          label: { color: (value[2] ?? 0) > most * 0.5 ? '#fff' : INK },
        })),
        label: { show: true, fontSize: 10 },
        itemStyle: { borderColor: '#fff', borderWidth: 1 },
      },
    ],
  }
}

function number(unit: string): (point: { value: number }) => string {
  return ({ value }) => `${value.toLocaleString('en', { maximumFractionDigits: 2 })}${unit}`
}
