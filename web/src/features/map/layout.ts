// Places boxes in rows by Purdue level and routes lines between them, by elkjs in a worker: the page stays quick.
import ELK, { type ElkNode, type ElkExtendedEdge } from "elkjs/lib/elk-api";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { BANDS } from "./bands";
import { type Graph, heightOf, ZONE_WIDTH } from "./graph";

export type Point = { x: number; y: number };
export type Layout = {
  boxes: Map<string, Point>;
  lines: Map<string, Point[]>;
  bands: { band: (typeof BANDS)[number]; top: number; bottom: number }[];
  width: number;
};

const elk = new ELK({ workerFactory: () => new Worker(workerUrl) });

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.partitioning.activate": "true",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "62",
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "11",
  "elk.spacing.nodeNode": "30",
  "elk.spacing.edgeNode": "18",
  "elk.spacing.edgeEdge": "13",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
};

export async function layOut(graph: Graph): Promise<Layout> {
  const order = new Map(graph.boxes.map((box) => [box.id, BANDS.indexOf(box.band)]));
  const root: ElkNode = {
    id: "root",
    layoutOptions: OPTIONS,
    children: graph.boxes.map((box) => ({
      id: box.id,
      width: ZONE_WIDTH,
      height: heightOf(box.zone),
      layoutOptions: { "elk.partitioning.partition": String(BANDS.indexOf(box.band)) },
    })),
    // Lines are laid from the upper level to the lower; which way traffic goes is said by the line's look and panel.
    edges: graph.lines.map((line) => {
      const down = (order.get(line.source) ?? 0) <= (order.get(line.target) ?? 0);
      return {
        id: line.id,
        sources: [down ? line.source : line.target],
        targets: [down ? line.target : line.source],
      };
    }),
  };
  return read(graph, await elk.layout(root));
}

function read(graph: Graph, laid: ElkNode): Layout {
  const boxes = new Map((laid.children ?? []).map((node) => [node.id, { x: node.x ?? 0, y: node.y ?? 0 }]));
  const lines = new Map((laid.edges ?? []).map((edge) => [edge.id, points(edge)]));
  const bands = graph.bands.map((band) => {
    const rows = graph.boxes
      .filter((box) => box.band === band)
      .map((box) => ({ top: boxes.get(box.id)?.y ?? 0, height: heightOf(box.zone) }));
    return { band, top: Math.min(...rows.map((row) => row.top)), bottom: Math.max(...rows.map((row) => row.top + row.height)) };
  });
  return { boxes, lines, bands, width: laid.width ?? 0 };
}

function points(edge: ElkExtendedEdge): Point[] {
  return (edge.sections ?? []).flatMap((section) => [section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
}
