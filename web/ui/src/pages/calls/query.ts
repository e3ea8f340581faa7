/** A filter as the API takes it: PURE. `now`: epoch seconds; `zone`: where the centre is. */
import type { Asked } from '@/stores/callList'
import { spanOf, type Filter } from './filter'

export function asked(filter: Filter, now: number, zone: string): Asked {
  const query: Asked = { ...spanOf(filter, now, zone) }
  if (filter.outcome.length > 0) query.outcome = filter.outcome as NonNullable<Asked['outcome']>
  if (filter.language.length > 0) query.language = filter.language
  if (filter.service.length > 0) query.service = filter.service
  if (filter.seat !== '') query.seat = filter.seat
  if (filter.person !== '') query.person = filter.person
  return query
}
