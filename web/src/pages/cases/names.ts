// The names of the catalog that filters and questions offer; read when somebody is about to choose one.
import { api, read } from '../../lib/api/client';

export interface Names {
  team: string[];
  service: string[];
  person: string[];
}

export const NO_NAMES: Names = { team: [], service: [], person: [] };

/** Reads them; what cannot be read is offered to nobody, and can be typed all the same. */
export async function readNames(): Promise<Names> {
  const names = (list: Promise<{ items: { name: string }[] }>): Promise<string[]> =>
    list.then(
      (page) => page.items.map((item) => item.name),
      () => [],
    );
  const [team, service, person] = await Promise.all([
    names(read(api.GET('/api/v1/teams', {}))),
    names(read(api.GET('/api/v1/services', {}))),
    names(read(api.GET('/api/v1/people', {}))),
  ]);
  return { team, service, person };
}
