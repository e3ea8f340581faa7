/** Who may hear anybody: PURE. The server decides; this spares people a refusal (cases/rights.py). */
import type { Person } from '@/api/types'

export function mayHear(person: Pick<Person, 'role' | 'provider'>): boolean {
  return person.provider !== 'purchased' && person.role !== 'analyst'
}
