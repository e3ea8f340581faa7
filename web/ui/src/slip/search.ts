/** Looking for a word of a vocabulary by its name, by other words for it, by pinyin or code. PURE. */
import type { Choice } from '@/api/types'

/** As many as anybody reads. */
export const MOST = 60

/** The choices that fit every word of the query, best first; all of them for an empty one. */
export function found(choices: readonly Choice[], query: string, most = MOST): Choice[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter((word) => word !== '')
  const open = choices.filter((choice) => choice.choosable)
  if (words.length === 0) return open.slice(0, most)
  const above = new Map(choices.map((choice) => [choice.code, choice]))
  return open
    .map((choice) => ({ choice, rank: rankOf(choice, words, above) }))
    .filter(({ rank }) => rank < NEVER)
    .sort((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map(({ choice }) => choice)
}

/** `甘孜藏族自治州 康定市`, `Kangding City, Ganzi …`: with what it lies in, except at the top. */
export function wholeName(choice: Choice, choices: readonly Choice[]): string {
  const parent = choices.find((one) => one.code === choice.parent)
  if (parent === undefined || parent.parent === '') return choice.name
  const chinese = /\p{Script=Han}/u.test(choice.name)
  return chinese ? `${parent.name} ${choice.name}` : `${choice.name}, ${parent.name}`
}

const NEVER = 9

function rankOf(choice: Choice, words: string[], above: Map<string, Choice>): number {
  const parent = above.get(choice.parent)
  return Math.max(
    ...words.map((word) => {
      const own = rankOfWord(choice, word)
      // `康定 甘孜` and `甘孜` both lead to Kangding, the latter after what is called so itself.
      return own === NEVER && parent?.name.toLowerCase().includes(word) === true ? 6 : own
    }),
  )
}

function rankOfWord(choice: Choice, word: string): number {
  const code = choice.code.toLowerCase()
  const name = choice.name.toLowerCase()
  const others = choice.search.toLowerCase().split(/\s+/)
  if (code === word || name === word) return 0
  if (others.includes(word)) return 1
  if (code.startsWith(word) || name.startsWith(word)) return 2
  if (name.includes(word)) return 3
  if (others.some((other) => other.startsWith(word))) return 4
  return others.some((other) => other.includes(word)) ? 5 : NEVER
}
