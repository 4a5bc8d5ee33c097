import { expect, test } from "vitest";
import type { Conduit, Cut, PlantMap, Zone } from "../../api/types";
import { graphOf } from "./graph";
import { middleOf, path } from "./shapes";

const zone = (id: string, kind: string): Zone => ({ id, kind, name: "", reason: "", subnets: [], assets: [] });
const conduit = (id: string, zones: string[], operations: string[]): Conduit => ({
  id,
  name: "",
  zones,
  reason: "",
  protection: [],
  enforcement_points: [],
  permits: [
    {
      id: "p",
      from: [{ kind: "zone", id: zones[0] ?? "", zone: zones[0] ?? null }],
      to: [{ kind: "zone", id: zones[1] ?? "", zone: zones[1] ?? null }],
      services: ["tcp/502"],
      operations,
      reason: "",
    },
  ],
});
const cut = (from: string | null, to: string | null): Cut => ({
  id: `${from} ${to}`,
  sentence: "",
  initiator: "a",
  responder: "b",
  from_zone: from,
  to_zone: to,
  service: "tcp/502",
  operations: [],
  stage: "port-filter",
  judgement: "unclear",
  evidence: [],
  rhythm: "once",
  connections: 1,
  requests: 1,
  first: "",
  last: "",
  hours: [],
  reason: "",
  edits: [],
});
const map = (zones: Zone[], conduits: Conduit[]): PlantMap => ({ zones, conduits, enforcement_points: [] });

test("a conduit of two zones is one line that says whether it may change equipment", () => {
  const zones = [zone("a", "control"), zone("b", "operations")];
  const looks = (operations: string[]) => graphOf(map(zones, [conduit("c", ["a", "b"], operations)]), []).lines.map((line) => line.look);
  expect(looks(["read", "identify"])).toEqual(["reads"]);
  expect(looks(["read", "program"])).toEqual(["changes"]);
});

test("a conduit of three zones is a line for each pair that a permit uses", () => {
  const zones = ["a", "b", "c"].map((id) => zone(id, "control"));
  const { lines } = graphOf(map(zones, [conduit("x", ["a", "b", "c"], ["read"])]), []);
  expect(lines.map((line) => [line.source, line.target])).toEqual([["a", "b"]]);
});

test("cuts between two zones are one dashed line with their count; cuts within a zone or with the unknown are none", () => {
  const zones = [zone("a", "control"), zone("b", "operations")];
  const { lines, boxes } = graphOf(map(zones, []), [cut("a", "b"), cut("a", "b"), cut("a", "a"), cut(null, "a"), cut("a", "gone")]);
  expect(lines.map((line) => [line.look, line.text])).toEqual([["cut", "2 cut"]]);
  expect(boxes.map((box) => box.cuts)).toEqual([5, 2]);
});

test("levels are listed from the outside in, and only those that have a zone", () => {
  const { bands } = graphOf(map([zone("s", "safety"), zone("w", "wireless"), zone("e", "external")], []), []);
  expect(bands).toEqual(["external", "control", "safety"]);
});

test("a line has rounded corners and its label on the longest run", () => {
  const points = [
    { x: 0, y: 0 },
    { x: 0, y: 20 },
    { x: 100, y: 20 },
  ];
  expect(path(points)).toBe("M0 0L0 13Q0 20 7 20L100 20");
  expect(middleOf(points)).toMatchObject({ x: 50, y: 20 });
});
