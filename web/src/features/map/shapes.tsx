// How a zone, a level's band and a conduit look on the map.
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, Handle, type NodeProps, Position } from "@xyflow/react";
import { label } from "../../parts/words";
import { text } from "../../text";
import type { Band } from "./bands";
import type { Box, Line } from "./graph";
import type { Point } from "./layout";

export function ZoneNode({ data, selected }: NodeProps & { data: { box: Box } }) {
  const { zone, cuts } = data.box;
  return (
    <div className="zone-box" data-kind={zone.kind} data-selected={selected || undefined}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      {cuts > 0 && (
        <span className="cut-mark" title={text.map.cutHere(cuts)}>
          <span aria-hidden="true">✂</span> {cuts}
        </span>
      )}
      <div className="zone-name">{label(zone)}</div>
      <div className="zone-line">
        <span className="kind" data-kind={zone.kind}>
          {zone.kind}
        </span>
        <span>{zone.assets.length === 1 ? "1 asset" : `${zone.assets.length} assets`}</span>
      </div>
      {zone.sl_t && (
        <div className="zone-line soft">
          {text.map.slT} {zone.sl_t.join(" ")}
        </div>
      )}
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

export function BandNode({ data }: NodeProps & { data: { band: Band; width: number; height: number } }) {
  return <div className="band" style={{ width: data.width, height: data.height }} />;
}

/** A band's name stands over the lines that cross the band, so that it can be read. */
export function LevelNode({ data }: NodeProps & { data: { band: Band } }) {
  return <div className="level">{text.levels[data.band]}</div>;
}

export function ConduitEdge({ data, selected, id }: EdgeProps & { data?: { line: Line; points: Point[] } }) {
  if (!data || data.points.length < 2) return null;
  const middle = middleOf(data.points);
  return (
    <>
      <BaseEdge id={id} path={path(data.points)} interactionWidth={16} className={`line ${data.line.look}${selected ? " picked" : ""}`} />
      {(selected || data.line.look === "cut") && (
        <EdgeLabelRenderer>
          <span
            className={`line-text ${data.line.look}`}
            style={{ transform: `translate(-50%, -50%) translate(${middle.x}px, ${middle.y}px)` }}
          >
            {data.line.text}
          </span>
        </EdgeLabelRenderer>
      )}
    </>
  );
}

const BEND = 7;

/** Straight runs with rounded corners. */
export function path(points: readonly Point[]): string {
  const [start, ...rest] = points;
  if (!start) return "";
  let drawn = `M${start.x} ${start.y}`;
  rest.forEach((corner, at) => {
    const before = points[at] ?? start;
    const after = rest[at + 1];
    if (!after) {
      drawn += `L${corner.x} ${corner.y}`;
      return;
    }
    const enter = towards(corner, before);
    const leave = towards(corner, after);
    drawn += `L${enter.x} ${enter.y}Q${corner.x} ${corner.y} ${leave.x} ${leave.y}`;
  });
  return drawn;
}

function towards(from: Point, to: Point): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const step = Math.min(BEND, length / 2) / length;
  return { x: tenth(from.x + (to.x - from.x) * step), y: tenth(from.y + (to.y - from.y) * step) };
}

/** Tenths of a pixel are as fine as a line is drawn. */
function tenth(at: number): number {
  return Math.round(at * 10) / 10;
}

/** Half way along the longest run, where a label has room. */
export function middleOf(points: readonly Point[]): Point {
  let best = { length: -1, x: 0, y: 0 };
  points.forEach((to, at) => {
    const from = points[at - 1];
    if (!from) return;
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length > best.length) best = { length, x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  });
  return best;
}
