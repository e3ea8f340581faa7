/** A filter as the API takes it: PURE. `now`: epoch seconds; `zone`: where the centre is. */
import type { Asked } from '@/stores/callList'
import { spanOf, type Filter } from './filter'

export function asked(filter: Filter, now: number, zone: string): Asked {
  const { outcome, language, service, kind, matter, group, emotion, score } = filter
  const { seat, person, text, recorded } = filter
  // The words were held against the catalogue, so that they are words of the API.
  return {
    ...spanOf(filter, now, zone),
    ...some('outcome', outcome as Words<'outcome'>),
    ...some('language', language),
    ...some('service', service),
    ...some('kind', kind as Words<'kind'>),
    ...some('matter', matter as Words<'matter'>),
    ...some('group', group as Words<'group'>),
    ...some('emotion', emotion.map(Number)),
    ...some('score', score.map(Number)),
    ...(seat === '' ? {} : { seat }),
    ...(person === '' ? {} : { person }),
    ...(text === '' ? {} : { text }),
    ...(recorded ? { recorded } : {}),
  }
}

type Words<Field extends keyof Asked> = NonNullable<Asked[Field]>

function some<Field extends string, Word>(field: Field, words: Word[]) {
  return (words.length > 0 ? { [field]: words } : {}) as Partial<Record<Field, Word[]>>
}
