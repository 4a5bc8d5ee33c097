// The zone and conduit map: pan, zoom, pick, see why.
import { Controls, type Edge, MiniMap, type Node, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { useMap, useShadow, useSite } from "../../api/client";
import type { Cut, PlantMap } from "../../api/types";
import { Link } from "../../parts/link";
import { Answer, Empty } from "../../parts/states";
import { go, href, useLocation } from "../../router";
import { text } from "../../text";
import { useTheme } from "../../theme";
import { type Graph, graphOf, heightOf, ZONE_WIDTH } from "./graph";
import { type Layout, layOut } from "./layout";
import { Panel } from "./panel";
import { BandNode, ConduitEdge, LevelNode, ZoneNode } from "./shapes";

const nodeTypes = { zone: ZoneNode, band: BandNode, level: LevelNode };
const edgeTypes = { conduit: ConduitEdge };
const NO_CUTS: readonly Cut[] = [];

export default function MapPage() {
  const site = useSite();
  const map = useMap();
  const shadow = useShadow();
  if (site.data?.model === "absent") return <NoModel />;
  if (site.data?.model === "faulty") return <FaultyModel />;
  return (
    <Answer of={map}>
      {(data) => (data.zones.length === 0 ? <NoModel /> : <PlantMapView map={data} cuts={shadow.data?.findings ?? NO_CUTS} />)}
    </Answer>
  );
}

function NoModel() {
  return (
    <Empty title={text.map.empty}>
      <p>{text.map.emptyHelp}</p>
      <pre>{text.map.emptyCommands.join("\n")}</pre>
    </Empty>
  );
}

function FaultyModel() {
  return (
    <Empty title={text.map.faulty}>
      <p>{text.map.faultyHelp}</p>
      <Link to={href("findings")} className="button">
        {text.map.seeFindings}
      </Link>
    </Empty>
  );
}

function PlantMapView(props: { map: PlantMap; cuts: readonly Cut[] }) {
  const pick = useLocation().query.get("pick");
  const graph = useMemo(() => graphOf(props.map, props.cuts), [props.map, props.cuts]);
  const layout = useLayout(graph);
  const close = () => go(href("map"), "replace");
  return (
    <div className="map-page">
      <section className="map" aria-label={text.map.label}>
        {layout && (
          <ReactFlowProvider>
            <Canvas graph={graph} layout={layout} pick={pick} />
          </ReactFlowProvider>
        )}
        <Legend />
      </section>
      <Panel map={props.map} cuts={props.cuts} pick={pick} close={close} />
    </div>
  );
}

function useLayout(graph: Graph): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  useEffect(() => {
    let current = true;
    void layOut(graph).then((laid) => {
      if (current) setLayout(laid);
    });
    return () => {
      current = false;
    };
  }, [graph]);
  return layout;
}

/** Room for the controls at the foot of the map. */
const FIT = { padding: { top: "18px", left: "18px", right: "18px", bottom: "58px" } } as const;
/** From here on a map does not fit a screen, and an overview helps. */
const MANY_ZONES = 40;

function Canvas(props: { graph: Graph; layout: Layout; pick: string | null }) {
  const theme = useTheme();
  const nodes = useMemo(() => nodesOf(props.graph, props.layout, props.pick), [props.graph, props.layout, props.pick]);
  const edges = useMemo(() => edgesOf(props.graph, props.layout, props.pick), [props.graph, props.layout, props.pick]);
  const view = useReactFlow();
  const moved = useRef(false);
  // A new layout (the shadow test's answer came in) is shown whole, unless the person has looked at some place already.
  useEffect(() => {
    if (!moved.current) void view.fitView(FIT);
  }, [view, props.layout]);
  const show = (pick: string) => go(href("map", undefined, { pick }));
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      colorMode={theme}
      fitView
      fitViewOptions={FIT}
      onMoveStart={(event) => {
        if (event) moved.current = true;
      }}
      minZoom={0.1}
      maxZoom={2}
      nodesDraggable={false}
      nodesConnectable={false}
      elevateEdgesOnSelect
      onlyRenderVisibleElements={props.graph.boxes.length > 200}
      proOptions={{ hideAttribution: true }}
      onNodeClick={(_, node) => node.type === "zone" && show(`zone:${node.id}`)}
      onEdgeClick={(_, edge) => show(edge.id.startsWith("cut:") ? edge.id : `conduit:${edge.id.split(":")[0]}`)}
      onPaneClick={() => go(href("map"), "replace")}
    >
      <Controls showInteractive={false} orientation="horizontal" fitViewOptions={FIT} />
      {props.graph.boxes.length > MANY_ZONES && (
        <MiniMap pannable zoomable nodeClassName={(node) => (node.type === "zone" ? "mini-zone" : "mini-band")} ariaLabel={null} />
      )}
    </ReactFlow>
  );
}

const MARGIN = 36;

function nodesOf(graph: Graph, layout: Layout, pick: string | null): Node[] {
  const bands = layout.bands.map(({ band, top, bottom }) => ({
    id: `band:${band}`,
    type: "band",
    position: { x: -MARGIN - 20, y: top - MARGIN / 2 - 6 },
    data: { band, width: layout.width + 2 * MARGIN + 40, height: bottom - top + MARGIN + 2 },
    selectable: false,
    focusable: false,
    zIndex: -2,
  }));
  const levels = layout.bands.map(({ band, top }) => ({
    id: `level:${band}`,
    type: "level",
    position: { x: -MARGIN - 6, y: top - MARGIN / 2 - 18 },
    data: { band },
    selectable: false,
    focusable: false,
    zIndex: 5,
  }));
  const zones = graph.boxes.map((box) => ({
    id: box.id,
    type: "zone",
    position: layout.boxes.get(box.id) ?? { x: 0, y: 0 },
    width: ZONE_WIDTH,
    height: heightOf(box.zone),
    data: { box },
    selected: pick === `zone:${box.id}`,
    ariaLabel: `Zone ${box.zone.name || box.id}, ${box.zone.kind}, ${box.zone.assets.length} assets`,
  }));
  return [...bands, ...zones, ...levels];
}

function edgesOf(graph: Graph, layout: Layout, pick: string | null): Edge[] {
  return graph.lines.map((line) => ({
    id: line.id,
    type: "conduit",
    source: line.source,
    target: line.target,
    data: { line, points: layout.lines.get(line.id) ?? [] },
    selected: pick === `conduit:${line.conduit}` || pick === line.id,
    ariaLabel: line.title,
  }));
}

function Legend() {
  return (
    <ul className="legend" aria-label={text.map.legend}>
      <li className="reads">{text.map.reads}</li>
      <li className="changes">{text.map.changes}</li>
      <li className="cut">{text.map.cut}</li>
    </ul>
  );
}
