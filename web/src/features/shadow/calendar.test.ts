import { expect, test } from "vitest";
import type { Cut } from "../../api/types";
import { cellsOf } from "./calendar";

const cut = (...starts: string[]): Cut =>
  ({ hours: starts.map((start) => ({ start, count: 1 })) }) as unknown as Cut;

test("hours of several cuts are summed, and every day between the first and the last has its row", () => {
  const { days, counts, most } = cellsOf([cut("2026-03-27T23:00:00Z", "2026-03-30T01:00:00Z"), cut("2026-03-30T01:00:00Z")]);
  expect(days).toEqual(["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"]);
  expect(counts.get("2026-03-30T01")).toBe(2);
  expect(most).toBe(2);
});

test("no cut is no calendar", () => {
  expect(cellsOf([]).days).toEqual([]);
});
