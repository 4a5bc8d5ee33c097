// The inventory: what is declared and what was seen, side by side. Sorting and filtering are the server's.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { useAssets, useMap } from "../../api/client";
import type { Asset } from "../../api/types";
import { Link } from "../../parts/link";
import { Answer, Empty } from "../../parts/states";
import { label, time } from "../../parts/words";
import { go, href, useLocation } from "../../router";
import { text } from "../../text";
import { AssetPage } from "./detail";

const COLUMNS = ["name", "role", "zone", "vendor", "product", "firmware", "address", "serves", "last"] as const;
type Column = (typeof COLUMNS)[number];
const ROW_HEIGHT = 34;

export function AssetsPage(props: { id: string | null }) {
  return props.id === null ? <Inventory /> : <AssetPage id={props.id} />;
}

function Inventory() {
  const { query } = useLocation();
  const asked = useMemo(() => {
    const kept = new URLSearchParams();
    for (const key of ["q", "zone", "sort"]) {
      const value = query.get(key);
      if (value) kept.set(key, value);
    }
    kept.set("limit", "10000");
    return kept.toString();
  }, [query]);
  const assets = useAssets(asked);
  return (
    <div className="list-page">
      <Tools total={assets.data?.total ?? null} />
      <Answer of={assets}>
        {(page) =>
          page.rows.length === 0 ? (
            <Empty title={query.get("q") || query.get("zone") ? text.assets.none : text.assets.noneYet} />
          ) : (
            <Table rows={page.rows} sort={query.get("sort") ?? "name"} />
          )
        }
      </Answer>
    </div>
  );
}

function change(key: string, value: string, how: "push" | "replace"): void {
  const query = new URLSearchParams(window.location.search);
  if (value) query.set(key, value);
  else query.delete(key);
  go(href("assets", undefined, Object.fromEntries(query)), how);
}

function Tools(props: { total: number | null }) {
  const { query } = useLocation();
  const map = useMap();
  return (
    <div className="tools">
      <input
        type="search"
        aria-label={text.assets.search}
        placeholder={text.assets.search}
        defaultValue={query.get("q") ?? ""}
        onChange={(event) => change("q", event.target.value, "replace")}
      />
      <select aria-label={text.assets.zone} value={query.get("zone") ?? ""} onChange={(event) => change("zone", event.target.value, "push")}>
        <option value="">{text.assets.allZones}</option>
        {map.data?.zones.map((zone) => (
          <option key={zone.id} value={zone.id}>
            {label(zone)}
          </option>
        ))}
      </select>
      <span className="soft grow" role="status">
        {props.total !== null && text.assets.count(props.total, props.total)}
      </span>
      <a className="button" href={`/api/v1/assets.csv?${query}`} download="assets.csv">
        {text.assets.exportCsv}
      </a>
    </div>
  );
}

function Table(props: { rows: readonly Asset[]; sort: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const shown = virtual.getVirtualItems();
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  return (
    <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label={text.nav.assets}>
      <table className="grid">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head key={column} column={column} sort={props.sort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 && <tr style={{ height: before }} aria-hidden="true" />}
          {shown.map((item) => {
            const asset = props.rows[item.index];
            return asset && <Row key={asset.id} asset={asset} />;
          })}
          {after > 0 && <tr style={{ height: after }} aria-hidden="true" />}
        </tbody>
      </table>
    </div>
  );
}

function Head(props: { column: Column; sort: string }) {
  const { column, sort } = props;
  const direction = sort === column ? "ascending" : sort === `-${column}` ? "descending" : "none";
  const next = direction === "ascending" ? `-${column}` : column;
  return (
    <th scope="col" aria-sort={direction}>
      <button type="button" onClick={() => change("sort", next, "replace")}>
        {text.assets.columns[column]}
        <span aria-hidden="true">{direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}</span>
      </button>
    </th>
  );
}

function Row(props: { asset: Asset }) {
  const { asset } = props;
  return (
    <tr>
      <td>
        <Link to={href("assets", asset.id)}>{label(asset)}</Link>
        {asset.standing !== "declared-and-observed" && (
          <span className="mark" title={text.assets.standing[asset.standing]}>
            {asset.standing === "declared" ? "○" : "●"}
          </span>
        )}
      </td>
      <td title={asset.confidence == null ? undefined : text.assets.confidence(Math.round(asset.confidence * 100))}>{asset.role}</td>
      <td>{asset.zone && <Link to={href("map", undefined, { pick: `zone:${asset.zone}` })}>{asset.zone}</Link>}</td>
      <td>{asset.vendor}</td>
      <td>{asset.product}</td>
      <td className="mono">{asset.firmware}</td>
      <td className="mono">{asset.ips[0] ?? asset.macs[0]}</td>
      <td>{asset.serves.join(", ")}</td>
      <td className="mono">{time(asset.last)}</td>
    </tr>
  );
}

