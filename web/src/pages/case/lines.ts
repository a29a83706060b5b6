// How entries of a timeline become the lines that a person reads: messages of one burst are one line,
// housekeeping is left out of the story, and everything can be shown as it stands in the record.
import type { Schemas } from '../../lib/api/client';
import type { Entry } from './timeline.svelte';

/** Which lines are shown. */
export type Show = 'story' | 'people' | 'messages' | 'signals' | 'key' | 'all';

/** What a line is about; gives it its mark. */
export type About =
  'state' | 'page' | 'told' | 'untold' | 'missed' | 'person' | 'note' | 'update' | 'signal' | 'hub';

/** One line. */
export interface Line {
  /** Stays the same while the line grows. */
  id: number;
  at: string;
  about: About;
  words: string;
  why: string | null;
  /** What somebody wrote. */
  text: string | null;
  erased: boolean;
  /** The file that it attached. */
  file: Schemas['AttachmentView'] | null;
  /** What the line stands for, oldest first; one entry where it stands for itself. */
  entries: Entry[];
}

const STATE = new Set([
  'case_opened',
  'case_reopened',
  'severity_changed',
  'mitigated',
  'resolved',
  'case_retired',
  'acknowledged',
  'acknowledgement_lapsed',
  'symptom_set',
  'flapping_begun',
]);
const MISSED = new Set(['message_failed', 'missed', 'escalation_parked', 'quarantined']);
/** What the hub does for itself, or what another line says already. */
const HOUSEKEEPING = new Set([
  'escalation_stepped',
  'escalation_set',
  'acknowledgement_extended',
  'key_event_set',
  'message_accepted',
  'message_withdrawn',
  'handed_over',
  'quiet_set',
]);
/** How far apart entries of one burst may lie, in milliseconds. */
const BURST = 20_000;

/** What an entry is about. */
export function aboutOf(entry: Entry): About {
  const { kind, words } = entry;
  if (kind === 'noted' || kind === 'file_attached') return 'note';
  if (kind === 'updated') return 'update';
  if (MISSED.has(kind)) return 'missed';
  if (kind === 'not_told') return /contact/.test(words) ? 'missed' : 'untold';
  if (STATE.has(kind)) return 'state';
  if (kind.startsWith('message_')) return /^paged |\bpage\b/.test(words) ? 'page' : 'told';
  if (kind.startsWith('signal') || kind.startsWith('change_')) return 'signal';
  return entry.actor.kind === 'person' ? 'person' : 'hub';
}

/** Whether the entry before it says so already: whoever acknowledges takes ownership. */
function said(entry: Entry, before: Entry | undefined): boolean {
  return (
    entry.kind === 'owner_set' &&
    before?.kind === 'acknowledged' &&
    before.actor.name === entry.actor.name &&
    before.at === entry.at
  );
}

function shown(entry: Entry, show: Show, keys: ReadonlySet<number>, before: Entry | undefined): boolean {
  const about = aboutOf(entry);
  switch (show) {
    case 'all':
      return true;
    case 'key':
      return keys.has(entry.seq);
    case 'people':
      return entry.actor.kind === 'person' && !HOUSEKEEPING.has(entry.kind);
    case 'messages':
      return about === 'page' || about === 'told' || about === 'untold' || about === 'missed';
    case 'signals':
      return about === 'signal' || entry.kind === 'case_opened';
    case 'story':
      return (!HOUSEKEEPING.has(entry.kind) && !said(entry, before)) || keys.has(entry.seq);
  }
}

/** What entries must have in common to be one line; null where an entry stands for itself. */
function burstOf(entry: Entry): string | null {
  if (entry.kind === 'message_accepted' || entry.kind === 'message_withdrawn') return entry.kind;
  if (entry.kind === 'not_told') return entry.kind;
  if (entry.kind === 'message_queued' && entry.words.startsWith('told '))
    return `told ${entry.words.slice(entry.words.lastIndexOf(': '))}`;
  if (entry.kind === 'signals' || entry.kind === 'signal') return entry.kind;
  return null;
}

/** The lines of a timeline, oldest first. */
export function linesOf(entries: readonly Entry[], show: Show, keys: ReadonlySet<number>, find = ''): Line[] {
  const wanted = find.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const lines: Line[] = [];
  const bursts = new Map<string, Line>();
  for (const [index, entry] of entries.entries()) {
    const burst = show === 'all' || show === 'key' ? null : burstOf(entry);
    // Between what one person does and what another does, bursts do not run on.
    if (entry.actor.kind === 'person' && !HOUSEKEEPING.has(entry.kind)) bursts.clear();
    if (
      !shown(entry, show, keys, entries[index - 1]) ||
      !wanted.every((word) => textOf(entry).includes(word))
    )
      continue;
    const open = burst === null ? undefined : bursts.get(burst);
    const last = open?.entries.at(-1);
    if (open && last && Date.parse(entry.at) - Date.parse(last.at) <= BURST) {
      open.entries.push(entry);
      continue;
    }
    const line: Line = {
      id: entry.seq,
      at: entry.at,
      about: aboutOf(entry),
      words: entry.words,
      why: entry.why ?? null,
      text: show === 'all' ? (entry.text ?? null) : ownText(entry),
      erased: entry.erased,
      file: entry.attachment ?? null,
      entries: [entry],
    };
    lines.push(line);
    if (burst !== null) bursts.set(burst, line);
  }
  return lines.map(told);
}

/** Everything in an entry that can be searched. */
function textOf(entry: Entry): string {
  const about = entry.attachment?.description ?? '';
  return `${entry.words} ${entry.text ?? ''} ${about} ${entry.why ?? ''} ${entry.actor.name ?? ''}`.toLowerCase();
}

/** What somebody wrote; what a channel answered is for the whole record only. */
function ownText(entry: Entry): string | null {
  const text = entry.text ?? null;
  if (entry.kind.startsWith('message_') && entry.kind !== 'message_failed') return null;
  // The title stands above, and a change is told in the words of the line.
  return entry.kind === 'case_opened' || (text !== null && entry.words.includes(text)) ? null : text;
}

/** A line of several entries, in words of its own. */
function told(line: Line): Line {
  const count = line.entries.length;
  if (count === 1) return line;
  const whys = new Set(line.entries.map((entry) => entry.why ?? ''));
  return { ...line, why: whys.size === 1 ? line.why : null, text: null, words: summed(line) };
}

function summed({ entries, words }: Line): string {
  const count = entries.length;
  const kind = entries[0]?.kind;
  if (kind === 'message_accepted') return `${count} messages accepted by their channels`;
  if (kind === 'message_withdrawn') return `${count} messages withdrawn before they were sent`;
  if (kind === 'not_told') return `${count} not told`;
  if (kind === 'message_queued') return `told ${parties(entries)}${words.slice(words.lastIndexOf(': '))}`;
  return `${words}, and ${count - 1} more like it`;
}

/** `5 teams, 4 audiences and 3 people`. */
function parties(entries: readonly Entry[]): string {
  const counts = { team: 0, audience: 0, person: 0 };
  for (const entry of entries) {
    const kind = /^told (team|audience) /.exec(entry.words)?.[1] as 'team' | 'audience' | undefined;
    counts[kind ?? 'person'] += 1;
  }
  const parts = [
    [counts.team, 'team', 'teams'],
    [counts.audience, 'audience', 'audiences'],
    [counts.person, 'person', 'people'],
  ] as const;
  const said = parts
    .filter(([count]) => count > 0)
    .map(([count, one, more]) => `${count} ${count === 1 ? one : more}`);
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} and ${said.at(-1)}`;
}
