// Small marks that many views share: operation classes, zone kinds, times, byte counts.

/** The classes that can change what equipment does; the same list as the server's. */
const CHANGES = new Set(["write", "control", "configure", "program", "firmware"]);

export function changesEquipment(operations: readonly string[]): boolean {
  return operations.some((operation) => CHANGES.has(operation));
}

export function Operations(props: { of: readonly string[] }) {
  const shown = props.of.length >= 12 ? ["any"] : props.of;
  return (
    <span className="chips">
      {shown.map((operation) => (
        <span key={operation} className={CHANGES.has(operation) || operation === "any" ? "chip changes" : "chip"}>
          {operation}
        </span>
      ))}
    </span>
  );
}

/** A sentence of the server's, with what stands between backticks set as code. */
export function Prose(props: { of: string }) {
  const parts = props.of.split("`");
  return <>{parts.map((part, at) => (at % 2 === 1 && at < parts.length - 1 ? <code key={at}>{part}</code> : part))}</>;
}

export function Kind(props: { of: string }) {
  return (
    <span className="kind" data-kind={props.of}>
      {props.of}
    </span>
  );
}

/** 2026-03-28 02:14 UTC: seconds are dropped, the zone never is. */
export function time(rfc3339: string | null | undefined): string {
  if (!rfc3339) return "–";
  const parsed = new Date(rfc3339);
  if (Number.isNaN(parsed.getTime())) return rfc3339;
  return `${parsed.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `1 connection`, `2 connections`. */
export function plural(count: number, one: string): string {
  return `${number(count)} ${one}${count === 1 ? "" : "s"}`;
}

export function number(count: number): string {
  return count.toLocaleString("en-GB");
}

/** A label for the eye: the name where there is one, else the identifier. */
export function label(thing: { id: string; name: string }): string {
  return thing.name || thing.id;
}
