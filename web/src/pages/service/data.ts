// A service and what lies around it: as many steps of dependencies both ways as are asked for.
import { api, read, type Schemas } from '../../lib/api/client';
import { serviceLook, type GraphEdge, type GraphNode } from '../../lib/graph/graph';

export type ServiceDetail = Schemas['ServiceDetail'];
/** The little that a picture needs of a service. */
export type Around = Pick<ServiceDetail, 'name' | 'depends_on' | 'dependents'>;

/** The most services in a picture; more than that nobody reads. */
export const MOST = 90;
/** How many are asked for at a time. */
const AT_ONCE = 6;

/** A service, as the hub has it now. */
export function readService(name: string, signal: AbortSignal): Promise<ServiceDetail> {
  return read(api.GET('/api/v1/services/{name}', { params: { path: { name } }, signal }));
}

/** Whether an address that a catalog names may be followed. */
export function isWeb(url: string): boolean {
  return /^https?:\/\//i.test(url);
}

/** What lies around a service. */
export interface Neighbourhood {
  /** Each with how many steps away it is: below 0 what is needed, above 0 who needs it, 0 the centre. */
  steps: Map<string, number>;
  edges: GraphEdge[];
  /** Whether going further would find more. */
  further: boolean;
}

/** Goes `depth` steps along what it needs, and as many along who needs it; never round corners. What those
 * whom it needs mean to those who need it is another service's picture. */
export async function explore(centre: Around, depth: number, signal: AbortSignal): Promise<Neighbourhood> {
  const known = new Map<string, Around>([[centre.name, centre]]);
  const steps = new Map([[centre.name, 0]]);
  let further = false;
  for (const way of [-1, 1] as const) {
    let edge = [centre.name];
    for (let step = 1; edge.length > 0; step += 1) {
      const next = new Set<string>();
      for (const name of edge) {
        const around = known.get(name);
        const beyond = way < 0 ? around?.depends_on : around?.dependents;
        for (const { service } of beyond ?? []) if (!steps.has(service)) next.add(service);
      }
      if (step > depth || steps.size + next.size > MOST) {
        further ||= next.size > 0;
        break;
      }
      for (const name of next) steps.set(name, way * step);
      edge = [...next];
      await learn(edge, known, signal);
    }
  }
  return { steps, edges: edgesAmong(steps, known), further };
}

/** Reads what is not known yet; what the catalog no longer has is left out. */
async function learn(names: string[], known: Map<string, Around>, signal: AbortSignal): Promise<void> {
  const wanted = names.filter((name) => !known.has(name));
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = await Promise.all(
      wanted.slice(at, at + AT_ONCE).map((name) => readService(name, signal).catch(() => null)),
    );
    signal.throwIfAborted();
    for (const one of some) if (one) known.set(one.name, one);
  }
}

function edgesAmong(steps: ReadonlyMap<string, number>, known: ReadonlyMap<string, Around>): GraphEdge[] {
  const edges = new Map<string, GraphEdge>();
  const add = (from: string, to: string, strength: string): void => {
    const [left, right] = [steps.get(to), steps.get(from)];
    if (left !== undefined && right !== undefined && left * right >= 0) {
      edges.set(`${from} ${to}`, { from, to, hard: strength === 'hard' });
    }
  };
  for (const [name, around] of known) {
    for (const { service, strength } of around.depends_on) add(name, service, strength);
    for (const { service, strength } of around.dependents) add(service, name, strength);
  }
  return [...edges.values()];
}

/** The things of the picture: how each stands now. */
export function nodesOf(
  centre: ServiceDetail,
  { steps }: Neighbourhood,
  all: ReadonlyMap<string, Schemas['Service']>,
): GraphNode[] {
  const far = (step: number): string => (Math.abs(step) === 1 ? '' : `, ${Math.abs(step)} steps away`);
  return [...steps]
    .sort(([, left], [, right]) => Math.abs(left) - Math.abs(right))
    .map(([name, step]) => {
      const service = name === centre.name ? centre : all.get(name);
      const group = step < 0 ? 'What it needs' : step > 0 ? 'Who needs it' : 'This service';
      return {
        id: name,
        name,
        href: `/services/${encodeURIComponent(name)}`,
        look: serviceLook({ open: service?.open ?? [] }),
        about: service?.team ?? 'not in the catalog',
        centre: step === 0,
        group,
        ...(step !== 0 && far(step) !== '' ? { relation: `${group.toLowerCase()}${far(step)}` } : {}),
      };
    });
}
