// What people edit of a case: where two versions differ in none of it, they are the same to a person.
import type { CaseDetail } from './asked';

/** A field as it was, and as it is. */
export interface Difference {
  name: string;
  was: string;
  is: string;
}

const FIELDS: [string, (item: CaseDetail) => string][] = [
  ['state', (item) => item.state + (item.state_by?.name ? ` by ${item.state_by.name}` : '')],
  ['severity', (item) => item.severity],
  ['owner', (item) => item.owner ?? 'nobody'],
  ['team', (item) => item.team],
  ['service', (item) => item.service ?? 'not known'],
  ['roles', (item) => item.roles.map((holder) => `${holder.role} ${holder.person}`).join(', ') || 'none'],
  ['links', (item) => item.links.map((link) => link.case ?? link.url ?? '').join(', ') || 'none'],
  ['update', (item) => item.last_update ?? 'none'],
];

/** What is not as it was. */
export function differencesOf(base: CaseDetail, now: CaseDetail): Difference[] {
  return FIELDS.map(([name, of]): Difference => ({ name, was: of(base), is: of(now) })).filter(
    (difference) => difference.was !== difference.is,
  );
}
