// From the API's map to boxes and lines. Pure: what is drawn is decided here, where it is drawn by the layout.
import type { Conduit, Cut, PlantMap, Zone } from "../../api/types";
import { changesEquipment, label } from "../../parts/words";
import { BANDS, type Band, bandOf } from "./bands";

export const ZONE_WIDTH = 178;

/** A zone with a target level has a line more. */
export function heightOf(zone: Zone): number {
  return zone.sl_t ? 108 : 86;
}

export type Line = {
  id: string;
  /** The conduit behind it; none for traffic that no conduit joins. */
  conduit: string | null;
  source: string;
  target: string;
  look: "reads" | "changes" | "cut";
  text: string;
  /** Said in words for who can't see the line. */
  title: string;
};

export type Box = { id: string; zone: Zone; band: Band; cuts: number };
export type Graph = { boxes: Box[]; lines: Line[]; bands: Band[] };

export function graphOf(map: PlantMap, cuts: readonly Cut[]): Graph {
  const boxes = map.zones.map((zone) => ({
    id: zone.id,
    zone,
    band: bandOf(zone.kind),
    cuts: cuts.filter((cut) => cut.from_zone === zone.id || cut.to_zone === zone.id).length,
  }));
  const known = new Set(boxes.map((box) => box.id));
  const names = new Map(map.zones.map((zone) => [zone.id, label(zone)]));
  const lines = map.conduits.flatMap((conduit) => linesOf(conduit, known, names));
  return { boxes, lines: [...lines, ...cutLines(cuts, known, names)], bands: BANDS.filter((b) => boxes.some((box) => box.band === b)) };
}

/** A conduit of two zones is one line; one of more zones is a line for each pair that a permit uses. */
function linesOf(conduit: Conduit, known: ReadonlySet<string>, names: ReadonlyMap<string, string>): Line[] {
  return pairsOf(conduit)
    .filter(([source, target]) => known.has(source) && known.has(target))
    .map(([source, target]) => {
      const changes = conduit.permits.some((permit) => changesEquipment(permit.operations));
      const count = conduit.permits.length;
      return {
        id: `${conduit.id}:${source}:${target}`,
        conduit: conduit.id,
        source,
        target,
        look: changes ? "changes" : "reads",
        text: `${count} ${count === 1 ? "permit" : "permits"}`,
        title: `Conduit ${label(conduit)} between ${names.get(source)} and ${names.get(target)}`,
      };
    });
}

function pairsOf(conduit: Conduit): [string, string][] {
  const [first, second, ...more] = conduit.zones;
  if (first !== undefined && second !== undefined && more.length === 0) return [[first, second]];
  const seen = new Map<string, [string, string]>();
  for (const permit of conduit.permits) {
    for (const from of permit.from) {
      for (const to of permit.to) {
        if (!from.zone || !to.zone || from.zone === to.zone) continue;
        const key = [from.zone, to.zone].sort().join(" ");
        if (!seen.has(key)) seen.set(key, [from.zone, to.zone]);
      }
    }
  }
  return [...seen.values()];
}

/** One dashed line for each pair of zones between which something would be cut. */
function cutLines(cuts: readonly Cut[], known: ReadonlySet<string>, names: ReadonlyMap<string, string>): Line[] {
  const pairs = new Map<string, { source: string; target: string; count: number }>();
  for (const cut of cuts) {
    const { from_zone: source, to_zone: target } = cut;
    if (!source || !target || source === target || !known.has(source) || !known.has(target)) continue;
    const pair = pairs.get(`${source} ${target}`) ?? { source, target, count: 0 };
    pair.count += 1;
    pairs.set(`${source} ${target}`, pair);
  }
  return [...pairs.values()].map(({ source, target, count }) => ({
    id: `cut:${source}:${target}`,
    conduit: null,
    source,
    target,
    look: "cut",
    text: `${count} cut`,
    title: `${count} kinds of traffic from ${names.get(source)} to ${names.get(target)} would be cut`,
  }));
}
