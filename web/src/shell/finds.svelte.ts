// What the palette finds at the hub: cases by their text or name, services, runbooks and people by theirs.
import { api, read, type Schemas } from '../lib/api/client';
import { byNeed } from '../lib/cases';

/** How long a hand that types is waited for, in milliseconds. */
const PAUSE = 120;
/** How many of each are offered. */
const MOST = 6;

/** The catalog's names, kept as long as the palette may want them. */
interface Names {
  services: Schemas['Service'][];
  people: Schemas['Person'][];
  runbooks: Schemas['RunbookSummary'][];
}
let names: Promise<Names> | null = null;

async function catalog(): Promise<Names> {
  const [services, people, runbooks] = await Promise.all([
    read(api.GET('/api/v1/services', {})),
    read(api.GET('/api/v1/people', {})),
    read(api.GET('/api/v1/runbooks', { params: { query: { limit: 1_000 } } })),
  ]);
  return { services: services.items, people: people.items, runbooks: runbooks.items };
}

/** What fits the words in the palette. Make it while a component is set up. */
export class Finds {
  cases = $state.raw<Schemas['CaseSummary'][]>([]);
  services = $state.raw<Schemas['Service'][]>([]);
  people = $state.raw<Schemas['Person'][]>([]);
  runbooks = $state.raw<Schemas['RunbookSummary'][]>([]);
  /** Whether the hub is being asked. */
  asking = $state(false);

  constructor(wanted: () => string) {
    $effect(() => {
      const words = wanted().trim().toLowerCase();
      const stop = new AbortController();
      const timer = setTimeout(() => void this.find(words, stop.signal), words === '' ? 0 : PAUSE);
      this.asking = true;
      return () => {
        clearTimeout(timer);
        stop.abort();
      };
    });
  }

  private async find(words: string, signal: AbortSignal): Promise<void> {
    const fits = (...texts: string[]): boolean =>
      words !== '' &&
      words.split(/\s+/).every((word) => texts.some((text) => text.toLowerCase().includes(word)));
    const [cases, { services, people, runbooks }] = await Promise.all([
      this.findCases(words, signal).catch(() => []),
      (names ??= catalog()).catch(() => {
        names = null;
        return { services: [], people: [], runbooks: [] };
      }),
    ]);
    if (signal.aborted) return;
    this.cases = cases;
    this.services = services.filter((item) => fits(item.name, item.summary ?? '')).slice(0, MOST);
    this.people = people.filter((item) => fits(item.name, item.display_name)).slice(0, MOST);
    this.runbooks = runbooks.filter((item) => fits(item.name, item.title)).slice(0, MOST);
    this.asking = false;
  }

  private async findCases(words: string, signal: AbortSignal): Promise<Schemas['CaseSummary'][]> {
    const open = { state: 'open,acknowledged,mitigated', limit: 100 };
    if (words === '') {
      const page = await read(api.GET('/api/v1/cases', { params: { query: open }, signal }));
      return page.items.sort(byNeed).slice(0, MOST);
    }
    const named = /^([a-z]+)-?(\d+)$/.exec(words);
    const known = named
      ? read(
          api.GET('/api/v1/cases/{id}', {
            params: { path: { id: `${named[1]?.toUpperCase()}-${named[2]}` } },
            signal,
          }),
        )
      : Promise.reject(new Error('not a name'));
    const [byName, byText] = await Promise.allSettled([
      known,
      read(api.GET('/api/v1/cases', { params: { query: { text: words, limit: MOST } }, signal })),
    ]);
    const found = byText.status === 'fulfilled' ? byText.value.items : [];
    const first = byName.status === 'fulfilled' ? [byName.value as Schemas['CaseSummary']] : [];
    return [...first, ...found.filter((item) => item.id !== first[0]?.id)].slice(0, MOST);
  }
}
