// Where everything stands: dagre, from left to right. Loaded when the first graph is drawn.
import { Graph, layout } from '@dagrejs/dagre';
import { NARROW_NODE, NODE, type GraphEdge, type GraphNode } from './graph';

/** The room around it, in pixels. */
const MARGIN = 6;

/** A drawn graph, in pixels. */
export interface Drawn {
  width: number;
  height: number;
  /** How wide each thing is. */
  node: number;
  /** The upper left corners, by id. */
  places: ReadonlyMap<string, { x: number; y: number }>;
  /** The ways of the edges, in the order given; null where an end is missing. */
  ways: (string | null)[];
}

/** Lays a graph out for so much room. The same graph in the same room always looks the same, however its nodes stand. */
export function arrange(
  nodes: readonly Pick<GraphNode, 'id'>[],
  edges: readonly GraphEdge[],
  room: number,
): Drawn {
  const wide = laid(nodes, edges, NODE.width, 44);
  return room <= 0 || wide.width <= room ? wide : laid(nodes, edges, NARROW_NODE, 22);
}

function laid(
  nodes: readonly Pick<GraphNode, 'id'>[],
  edges: readonly GraphEdge[],
  wide: number,
  ranksep: number,
): Drawn {
  const graph = new Graph({ multigraph: true })
    .setGraph({ rankdir: 'LR', nodesep: 12, edgesep: 8, ranksep, marginx: MARGIN, marginy: MARGIN })
    .setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: wide, height: NODE.height });
  const drawn = edges.map(
    (edge) => graph.hasNode(edge.from) && graph.hasNode(edge.to) && edge.from !== edge.to,
  );
  edges.forEach((edge, index) => {
    if (drawn[index]) graph.setEdge(edge.to, edge.from, { weight: edge.hard ? 2 : 1 }, String(index));
  });
  layout(graph);
  const pointsOf = (edge: GraphEdge, index: number): Point[] =>
    (graph.edge(edge.to, edge.from, String(index)) as { points?: Point[] }).points ?? [];
  // Long edges may run above or below every node; the picture has room for them.
  const heights = edges.flatMap((edge, index) =>
    drawn[index] ? pointsOf(edge, index).map(({ y }) => y) : [],
  );
  const up = Math.max(0, MARGIN - Math.min(MARGIN, ...heights));
  const places = new Map(
    nodes.map(({ id }) => {
      const { x = 0, y = 0 } = graph.node(id) as { x?: number; y?: number };
      return [id, { x: x - wide / 2, y: y - NODE.height / 2 + up }];
    }),
  );
  const ways = edges.map((edge, index) => {
    if (!drawn[index]) return null;
    const points = pointsOf(edge, index).map(({ x, y }) => ({ x, y: y + up }));
    const [left, right] = [places.get(edge.to), places.get(edge.from)];
    // Edges leave and enter at the middle of a side, so that what belongs to a node is seen at once.
    if (!left || !right || left.x + wide > right.x) return curve(points);
    const first = { x: left.x + wide, y: left.y + NODE.height / 2 };
    const last = { x: right.x - 1, y: right.y + NODE.height / 2 };
    return curve([first, ...points.slice(1, -1), last]);
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return {
    node: wide,
    width,
    height: Math.max(height, ...heights.map((y) => y + MARGIN)) + up,
    places,
    ways,
  };
}

interface Point {
  x: number;
  y: number;
}

/** A line through points that is level at each of them. */
function curve(points: readonly Point[]): string {
  const number = (value: number): string => value.toFixed(1);
  return points
    .map((point, index) => {
      const before = points[index - 1];
      if (!before) return `M${number(point.x)} ${number(point.y)}`;
      const middle = number((before.x + point.x) / 2);
      return `C${middle} ${number(before.y)} ${middle} ${number(point.y)} ${number(point.x)} ${number(point.y)}`;
    })
    .join('');
}
