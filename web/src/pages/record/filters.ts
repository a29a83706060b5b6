// Which entries the page shows; the address says it, in the API's own words.

/** What is chosen; nothing stands for all. */
export interface Filters {
  /** Kinds, separated by commas. */
  kind?: string;
  actor?: string;
  case?: string;
  /** The number of the first one; the list then goes on from there. */
  from?: string;
}

export const NAMES = ['kind', 'actor', 'case', 'from'] as const;

/** The filters of an address. */
export function filtersOf(query: URLSearchParams): Filters {
  const filters: Filters = {};
  for (const name of NAMES) {
    const value = query.get(name);
    if (value) filters[name] = value;
  }
  if (filters.from !== undefined && !/^\d{1,15}$/.test(filters.from)) delete filters.from;
  return filters;
}

/** Kinds that one looks for together. */
export const TOGETHER: readonly { words: string; kinds: readonly string[] }[] = [
  {
    words: 'what people did',
    kinds: [
      'acknowledged',
      'severity_changed',
      'owner_set',
      'team_set',
      'role_set',
      'noted',
      'updated',
      'mitigated',
      'resolved',
      'case_reopened',
      'linked',
      'unlinked',
      'key_event_set',
      'missed',
    ],
  },
  { words: 'cases opened and ended', kinds: ['case_opened', 'case_reopened', 'mitigated', 'resolved'] },
  {
    words: 'messages',
    kinds: ['message_queued', 'message_accepted', 'message_failed', 'message_withdrawn'],
  },
  { words: 'who was not told', kinds: ['not_told', 'missed', 'message_failed'] },
  {
    words: 'the catalog',
    kinds: ['catalog_adopted', 'repository_refused', 'repository_restored'],
  },
  {
    words: 'silences',
    kinds: [
      'silence_set',
      'silence_started',
      'silence_ends_soon',
      'silence_ended',
      'case_silenced',
      'case_unsilenced',
    ],
  },
  { words: 'tokens', kinds: ['token_created', 'token_revoked'] },
  { words: 'restores', kinds: ['record_restored'] },
  { words: 'erasing and holds', kinds: ['erased', 'hold_set', 'hold_lifted'] },
];

/** The other kinds that one looks for. */
export const ALONE: readonly string[] = [
  'case_opened',
  'acknowledged',
  'acknowledgement_lapsed',
  'severity_changed',
  'owner_set',
  'role_set',
  'noted',
  'updated',
  'mitigated',
  'resolved',
  'case_reopened',
  'escalation_set',
  'escalation_stepped',
  'message_queued',
  'message_accepted',
  'message_failed',
  'not_told',
  'missed',
  'symptom_set',
  'flapping_begun',
  'signals',
  'change_told',
  'change_found',
  'contact_tested',
  'drill_held',
  'drill_run',
  'quarantined',
];

/** A kind as people say it. */
export function kindWords(kind: string): string {
  return kind.replaceAll('_', ' ');
}
