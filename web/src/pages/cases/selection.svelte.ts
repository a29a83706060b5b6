// Which cases are selected, whatever part of the list is kept just now.
import type { CaseSummary } from '../../lib/cases';

/** The most that can be selected. */
export const MOST_SELECTED = 500;

export class Selection {
  private chosen = $state.raw<ReadonlyMap<string, CaseSummary>>(new Map());
  /** The row from which `Shift` selects. */
  anchor: string | null = null;

  get size(): number {
    return this.chosen.size;
  }

  get items(): CaseSummary[] {
    return [...this.chosen.values()];
  }

  has(id: string): boolean {
    return this.chosen.has(id);
  }

  /** Takes a case in, or out. */
  toggle(item: CaseSummary): void {
    const next = new Map(this.chosen);
    if (!next.delete(item.id) && next.size < MOST_SELECTED) next.set(item.id, item);
    this.chosen = next;
    this.anchor = item.id;
  }

  /** Takes cases in. */
  add(items: readonly CaseSummary[]): void {
    const next = new Map(this.chosen);
    for (const item of items) if (next.size < MOST_SELECTED) next.set(item.id, item);
    this.chosen = next;
  }

  /** Takes cases out. */
  drop(ids: readonly string[]): void {
    const next = new Map(this.chosen);
    for (const id of ids) next.delete(id);
    this.chosen = next;
  }

  /** Shows selected cases as they are now. */
  refresh(items: readonly CaseSummary[]): void {
    const known = items.filter((item) => this.chosen.has(item.id));
    if (known.length === 0) return;
    const next = new Map(this.chosen);
    for (const item of known) next.set(item.id, item);
    this.chosen = next;
  }

  clear(): void {
    this.chosen = new Map();
    this.anchor = null;
  }
}
