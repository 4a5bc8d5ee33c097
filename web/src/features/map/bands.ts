// Which Purdue level a kind of zone stands on, from the top of the map down (ISA-95 levels; 3.5 is the usual DMZ).

export const BANDS = ["external", "enterprise", "dmz", "operations", "supervisory", "control", "safety"] as const;
export type Band = (typeof BANDS)[number];

/** Wireless and temporary zones have no level of their own: they stand beside what they reach, at control. */
export function bandOf(kind: string): Band {
  return BANDS.find((band) => band === kind) ?? "control";
}
