// Where one was in the list, for the way back from a case: kept with the step of the history.
import type { Kept } from './book.svelte';

/** What the history remembers of a list that was left. */
interface Mark {
  casesLeft: number;
  id: string;
}

let list: Kept | null = null;
let left = 0;

export const kept = {
  /** Remembers the list and the case that one goes to. */
  leave(id: string, now: Kept | null): void {
    list = now;
    left += 1;
    const mark: Mark = { casesLeft: left, id };
    history.replaceState(mark, '', location.href);
  },

  /** The list that one comes back to; null where one comes anew. */
  back(): { id: string; list: Kept | null } | null {
    const mark = history.state as Partial<Mark> | null;
    if (typeof mark?.id !== 'string') return null;
    return { id: mark.id, list: mark.casesLeft === left ? list : null };
  },
};
