// What can be done to a case, by key and by button; what is next is said once, for every size of page.
import type { Deed } from '../../lib/keys.svelte';
import type { CaseDetail, Room } from './room.svelte';

/** Something to do. */
export interface Act {
  /** Its place in the list of keys. */
  key: string;
  /** As short as a button is. */
  words: string;
  /** As one would ask for it in the palette. */
  asked: string;
  run: () => void;
  /** Whether it stands among the buttons of the header, beside the next one. */
  often?: boolean;
  bad?: boolean;
}

/** Everything that may be done now, the next thing first. */
export function actsOf(room: Room, now: CaseDetail, late: boolean): Act[] {
  const ask = (question: NonNullable<Room['question']>) => () => (room.question = question);
  const over = now.state === 'resolved';
  const all: (Act & { may: string; when: boolean })[] = [
    {
      key: 'a',
      words: 'Acknowledge',
      asked: `Acknowledge ${now.id}`,
      may: 'acknowledge',
      when: now.state === 'open',
      run: () => room.acknowledge(),
    },
    {
      key: 'u',
      words: 'Update',
      asked: 'Write an update for those affected',
      may: 'update',
      when: !over,
      often: true,
      run: ask('update'),
    },
    {
      key: 'r',
      words: 'Resolve',
      asked: `Resolve ${now.id}`,
      may: 'resolve',
      when: !over,
      often: true,
      run: ask('resolve'),
    },
    {
      key: 'e',
      words: 'Reopen',
      asked: `Reopen ${now.id}`,
      may: 'reopen',
      when: over,
      often: true,
      run: ask('reopen'),
    },
    {
      key: 's',
      words: 'Severity',
      asked: 'Say how bad it is',
      may: 'set_severity',
      when: !over,
      often: true,
      run: ask('severity'),
    },
    {
      key: 'o',
      words: 'Assign',
      asked: 'Give it to somebody',
      may: 'assign',
      when: !over,
      run: ask('assign'),
    },
    { key: 'p', words: 'Page somebody', asked: 'Page somebody', may: 'page', when: !over, run: ask('page') },
    {
      key: 'm',
      words: 'Mitigated',
      asked: 'Say that the harm has stopped',
      may: 'mitigate',
      when: now.state === 'open' || now.state === 'acknowledged',
      run: () => room.mitigate(),
    },
    {
      key: 'l',
      words: 'Link',
      asked: 'Link it to a case or an address',
      may: 'link',
      when: true,
      run: ask('link'),
    },
    {
      key: 'x',
      words: 'Somebody was missed',
      asked: 'Say that somebody was missed',
      may: 'record_miss',
      when: now.kind === 'incident',
      run: ask('missed'),
    },
    {
      key: 'L',
      words: 'Lay down…',
      asked: 'Lay it down, so that somebody else is paged',
      may: 'assign',
      when: !over && Boolean(now.owner),
      bad: true,
      run: ask('laydown'),
    },
  ];
  const can = all.filter((act) => act.when && room.may(act.may));
  // An update that is overdue goes before what may wait; what fires no more before an update.
  const first = can.find((act) => act.key === 'a') ?? can.find((act) => act.key === nextOf(now, late));
  return first ? [first, ...can.filter((act) => act !== first)] : can;
}

function nextOf(now: CaseDetail, late: boolean): string {
  if (now.state === 'resolved') return '';
  return late || (now.firing > 0 && now.state !== 'mitigated') ? 'u' : 'r';
}

/** The same for the keyboard and the palette. */
export function deedsOf(acts: readonly Act[]): Deed[] {
  return acts.map((act) => ({ keys: act.key, words: act.asked, group: 'This case', run: act.run }));
}
