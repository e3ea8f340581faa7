/** Both catalogues say the same things, and exactly what the pages ask for. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, it } from 'vitest'

type Tree = { [key: string]: string | Tree }

const SRC = new URL('../src/', import.meta.url).pathname

function keysOf(tree: Tree, prefix: string): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value]] : keysOf(value, `${prefix}${key}.`),
  ) as [string, string][]
}

function catalogue(language: string): Map<string, string> {
  const folder = join(SRC, 'locales', language)
  const words = readdirSync(folder).flatMap((name) =>
    keysOf(JSON.parse(readFileSync(join(folder, name), 'utf8')) as Tree, name.replace('json', '')),
  )
  return new Map(words)
}

function code(): string {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue)$/.test(name) && !name.endsWith('schema.d.ts'))
    .map((name) => readFileSync(join(SRC, name), 'utf8'))
    .join('\n')
}

const chinese = catalogue('zh-CN')
const english = catalogue('en')
const source = code()
/** `t('a.b')` and other whole keys in quotes; `t(\`a.${x}\`)` as a pattern. */
const asked = [...source.matchAll(/\bt\(\s*'([^']+)'/g)].map(([, key]) => key ?? '')
const patterns = [...source.matchAll(/`([a-zA-Z]+\.[^`]*\$\{[^`]*)`/g)].map(
  ([, text]) =>
    new RegExp(`^${(text ?? '').split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^$()[\]|\\]/g, '\\$&')).join('[^.]+')}$`),
)

it('has the same keys in both languages', () => {
  expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
})

it('fills in the same things in both languages', () => {
  const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([hole]) => hole)
  for (const [key, text] of chinese) {
    expect(new Set(holes(english.get(key) ?? '')), key).toEqual(new Set(holes(text)))
  }
})

it('says something for every key, and English in English', () => {
  for (const [key, text] of [...chinese, ...english]) expect(text.trim(), key).not.toBe('')
  for (const [key, text] of english) expect(text, key).not.toMatch(/\p{Script=Han}/u)
})

it('has every key that is asked for', () => {
  expect(asked.length).toBeGreaterThan(10)
  expect(asked.filter((key) => !chinese.has(key))).toEqual([])
})

it('has no key that nobody asks for', () => {
  const used = (key: string): boolean =>
    source.includes(`'${key}'`) || patterns.some((pattern) => pattern.test(key))
  expect([...chinese.keys()].filter((key) => !used(key))).toEqual([])
})
