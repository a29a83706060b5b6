// A graph of things that depend on each other, as pages hand it to `<Graph>`, and how each thing looks.
// Trouble flows from left to right: what is needed stands left of who needs it.

/** The size of a thing in the picture, in pixels. */
export const NODE = { width: 176, height: 44 };
/** How wide it is where many stand side by side: most names still fit. */
export const NARROW_NODE = 128;

/** The colour of a look; each has its shape and its word as well. */
export type Tone = 'sev1' | 'sev2' | 'sev3' | 'sev4' | 'bad' | 'warn' | 'good' | 'calm';

/** The shape of a look. */
export type Shape =
  | 'triangle'
  | 'diamond'
  | 'disc'
  | 'ring'
  | 'square'
  | 'half'
  | 'caller'
  | 'dot'
  | 'check'
  | 'cross'
  | 'wait';

/** How a thing stands, as it is drawn: never by colour alone. */
export interface Look {
  shape: Shape;
  word: string;
  tone: Tone;
}

/** A thing. */
export interface GraphNode {
  /** What edges call it. */
  id: string;
  name: string;
  look: Look;
  /** Where it leads. */
  href: string;
  /** A few words more: its team, when it was told. */
  about?: string;
  /** Whether the graph is about it. */
  centre?: boolean;
  /** The heading under which a list has it. */
  group?: string;
  /** What it is to the centre, for the list and for those who do not see the picture. */
  relation?: string;
}

/** That `from` depends on `to`. */
export interface GraphEdge {
  from: string;
  to: string;
  /** Whether down means down; else it means degraded. */
  hard: boolean;
  /** Whether trouble goes along it. */
  lit?: boolean;
}

/** What `serviceLook` needs to know of a service. */
export interface Standing {
  /** Its open incidents, the worst first. */
  open?: readonly { severity: string }[];
  /** What an incident elsewhere means to it: `down`, `degraded`, `caller_down`. */
  impact?: string | null;
}

const SHAPE_OF_SEVERITY: Record<string, Shape> = {
  sev1: 'triangle',
  sev2: 'diamond',
  sev3: 'disc',
  sev4: 'ring',
};
const OF_IMPACT: Record<string, Look> = {
  down: { shape: 'square', word: 'down', tone: 'bad' },
  degraded: { shape: 'half', word: 'degraded', tone: 'warn' },
  caller_down: { shape: 'caller', word: 'caller is down', tone: 'calm' },
};

/** How a service stands: its own worst incident, else what another's means to it, else fine. */
export function serviceLook({ open = [], impact }: Standing): Look {
  const severity = open[0]?.severity;
  if (severity) {
    return { shape: SHAPE_OF_SEVERITY[severity] ?? 'ring', word: severity, tone: severity as Tone };
  }
  return (impact && OF_IMPACT[impact]) || { shape: 'dot', word: 'fine', tone: 'calm' };
}

/** What a thing needs and who needs it, in words: `needs ledger, auth (soft); needed by portal`. */
export function relationsOf(
  node: GraphNode,
  edges: readonly GraphEdge[],
  name: (id: string) => string,
): string {
  const softly = (edge: GraphEdge, id: string): string => name(id) + (edge.hard ? '' : ' (soft)');
  const needs = edges.filter((edge) => edge.from === node.id).map((edge) => softly(edge, edge.to));
  const neededBy = edges.filter((edge) => edge.to === node.id).map((edge) => softly(edge, edge.from));
  return [
    node.relation,
    needs.length > 0 ? `needs ${listed(needs)}` : null,
    neededBy.length > 0 ? `needed by ${listed(neededBy)}` : null,
  ]
    .filter(Boolean)
    .join('; ');
}

function listed(names: string[], most = 6): string {
  return names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
