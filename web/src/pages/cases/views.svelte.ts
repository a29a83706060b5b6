// Views: filters with a name. Some are always there; one's own are kept in this browser.
import { queryOf, filtersOf, type Filters } from './filters';

const KEPT = 'wheelhouse.views';
/** The most views of one's own. */
const MOST = 30;
/** The longest name. */
export const LONGEST_NAME = 40;

export interface View {
  name: string;
  /** The address's query. */
  query: string;
  /** Whether it is one's own. */
  own: boolean;
}

const always: readonly View[] = [
  { name: 'All', query: '', own: false },
  { name: 'Open', query: queryOf({ state: 'open,acknowledged,mitigated', sort: 'severity' }), own: false },
  { name: 'Not taken', query: queryOf({ state: 'open', drill: 'false', sort: 'severity' }), own: false },
  { name: 'Mine', query: queryOf({ mine: 'true' }), own: false },
];

class Views {
  private own = $state.raw<View[]>(load());

  /** All of them, one's own last. */
  get all(): readonly View[] {
    return [...always, ...this.own];
  }

  /** Keeps filters under a name; another view of one's own with that name is replaced. */
  save(name: string, filters: Filters): void {
    const view = { name: name.trim().slice(0, LONGEST_NAME), query: queryOf(filters), own: true };
    this.own = [...this.own.filter((other) => other.name !== view.name), view].slice(-MOST);
    this.write();
  }

  /** Forgets a view of one's own; gives the way back. */
  remove(view: View): () => void {
    const before = this.own;
    this.own = this.own.filter((other) => other.name !== view.name);
    this.write();
    return () => {
      this.own = before;
      this.write();
    };
  }

  /** Whether a name is taken by a view that is always there. */
  reserved(name: string): boolean {
    return always.some((view) => view.name.toLowerCase() === name.trim().toLowerCase());
  }

  private write(): void {
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.own.map(({ name, query }) => ({ name, query }))));
    } catch {
      // A browser that keeps nothing forgets it when the page is closed.
    }
  }
}

/** What this browser kept, as far as it can be read. */
function load(): View[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.flatMap((view: Partial<View> | null) =>
      typeof view?.name === 'string' && typeof view.query === 'string'
        ? [{ name: view.name, query: queryOf(filtersOf(new URLSearchParams(view.query))), own: true }]
        : [],
    );
  } catch {
    return [];
  }
}

export const views = new Views();
