// A schedule as the page shows it.
import type { Schemas } from '../../lib/api/client';
import { moment } from '../../lib/time.svelte';
import type { Block } from './calendar';

/** A schedule: who has it now and next, and the days shown. */
export interface Row {
  now: Schemas['OnCall'];
  blocks: Block[];
  /** Whether it has more shifts than are listed. */
  more: boolean;
  /** The zone that decides its hand-offs. */
  zone: string | null;
}

/** A shift in words: `nadia, Mon 09:00 to Mon 30 Nov 09:00, override`. */
export function said(block: Block, me: string | null): string {
  return [
    block.person === null ? 'nobody' : block.person === me ? 'you' : block.person,
    `${moment(block.from)} to ${moment(block.until)}`,
    ...marks(block),
  ].join(', ');
}

/** What else there is to say about a shift. */
export function marks(block: Block): string[] {
  return [
    block.override ? 'override' : '',
    block.earlier ? 'goes on from an earlier catalog' : '',
    block.layer !== null ? `layer ${block.layer}` : '',
  ].filter(Boolean);
}

/** For what a schedule is paged: `payments-api, ledger and 2 more`. */
export function purpose(services: readonly string[] | undefined, most = 2): string {
  if (!services || services.length === 0) return 'paged for nothing';
  const shown = services.slice(0, most).join(', ');
  return services.length > most ? `${shown} and ${services.length - most} more` : shown;
}
