// The panel beside the map: why a zone or conduit is drawn so, and what it holds.
import type { ReactNode } from "react";
import type { Conduit, Cut, PlantMap, Zone } from "../../api/types";
import { Link } from "../../parts/link";
import { Kind, label, Operations } from "../../parts/words";
import { href } from "../../router";
import { text } from "../../text";

export function Panel(props: { map: PlantMap; cuts: readonly Cut[]; pick: string | null; close: () => void }) {
  const { map, cuts, pick } = props;
  const zone = map.zones.find((candidate) => `zone:${candidate.id}` === pick);
  const conduit = map.conduits.find((candidate) => `conduit:${candidate.id}` === pick);
  const pair = pick?.startsWith("cut:") ? pick.slice(4).split(":") : null;
  if (!zone && !conduit && !pair) return <Overview map={map} cuts={cuts} />;
  return (
    <aside className="panel" aria-live="polite">
      <button type="button" className="icon-button close" aria-label={text.map.close} onClick={props.close}>
        ×
      </button>
      {zone && <ZoneWhy zone={zone} map={map} cuts={cuts.filter((c) => c.from_zone === zone.id || c.to_zone === zone.id)} />}
      {conduit && <ConduitWhy conduit={conduit} map={map} cuts={cuts.filter((c) => joins(conduit, c))} />}
      {pair && <PairWhy map={map} cuts={cuts.filter((c) => c.from_zone === pair[0] && c.to_zone === pair[1])} />}
    </aside>
  );
}

function joins(conduit: Conduit, cut: Cut): boolean {
  const has = (zone: string | null | undefined) => zone != null && conduit.zones.includes(zone);
  return cut.from_zone !== cut.to_zone && has(cut.from_zone) && has(cut.to_zone);
}

function Overview(props: { map: PlantMap; cuts: readonly Cut[] }) {
  const { map, cuts } = props;
  return (
    <aside className="panel">
      <p className="hint">{text.map.pick}</p>
      <h3>{text.map.zones}</h3>
      <ul className="plain picks">
        {map.zones.map((zone) => (
          <li key={zone.id}>
            <Link to={href("map", undefined, { pick: `zone:${zone.id}` })}>{label(zone)}</Link>
            <Kind of={zone.kind} />
          </li>
        ))}
      </ul>
      <h3>{text.map.conduits}</h3>
      <ul className="plain picks">
        {map.conduits.map((conduit) => (
          <li key={conduit.id}>
            <Link to={href("map", undefined, { pick: `conduit:${conduit.id}` })}>{label(conduit)}</Link>
            <span className="soft">{conduit.permits.length}</span>
          </li>
        ))}
      </ul>
      <Cuts of={cuts} />
    </aside>
  );
}

function ZoneWhy(props: { zone: Zone; map: PlantMap; cuts: readonly Cut[] }) {
  const { zone, map } = props;
  const inside = map.zones.filter((other) => other.parent === zone.id);
  return (
    <>
      <h2>{label(zone)}</h2>
      <p>
        <Kind of={zone.kind} /> <code>{zone.id}</code>
      </p>
      <Why reason={zone.reason} />
      <dl className="facts">
        <Row name={text.map.slT}>{zone.sl_t ? `{ ${zone.sl_t.join(" ")} }` : text.map.noSlT}</Row>
        <Row name={text.map.owner}>{zone.owner ?? text.map.noOwner}</Row>
        {zone.subnets.length > 0 && <Row name={text.map.subnets}>{zone.subnets.join(", ")}</Row>}
        {inside.length > 0 && <Row name={text.map.children}>{inside.map(label).join(", ")}</Row>}
      </dl>
      <Cuts of={props.cuts} />
      <h3>
        {text.map.assets} <span className="soft">{zone.assets.length}</span>
      </h3>
      {zone.assets.length === 0 && <p className="soft">{text.map.noAssets}</p>}
      <ul className="plain assets">
        {zone.assets.map((asset) => (
          <li key={asset.id}>
            <Link to={href("assets", asset.id)}>{label(asset)}</Link>
            <span className="soft">{asset.role}</span>
            <code>{asset.address}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

function ConduitWhy(props: { conduit: Conduit; map: PlantMap; cuts: readonly Cut[] }) {
  const { conduit, map } = props;
  const names = new Map(map.zones.map((zone) => [zone.id, label(zone)]));
  const list = (items: readonly string[], none: string) => (items.length > 0 ? items.join(", ") : none);
  return (
    <>
      <h2>{label(conduit)}</h2>
      <p>{conduit.zones.map((zone) => names.get(zone) ?? zone).join(" ↔ ")}</p>
      <Why reason={conduit.reason} />
      <dl className="facts">
        <Row name={text.map.protection}>{list(conduit.protection, text.map.noProtection)}</Row>
        <Row name={text.map.points}>{list(conduit.enforcement_points, text.map.noPoints)}</Row>
        <Row name={text.map.slT}>{conduit.sl_t ? `{ ${conduit.sl_t.join(" ")} }` : text.map.noSlT}</Row>
        <Row name={text.map.owner}>{conduit.owner ?? text.map.noOwner}</Row>
      </dl>
      <Cuts of={props.cuts} />
      <h3>
        {text.map.permits} <span className="soft">{conduit.permits.length}</span>
      </h3>
      {conduit.permits.length === 0 && <p className="soft">{text.map.noPermits}</p>}
      <ul className="plain permits">
        {conduit.permits.map((permit) => (
          <li key={permit.id}>
            <div>
              {permit.from.map((party) => party.id).join(", ")} → {permit.to.map((party) => party.id).join(", ")}
            </div>
            <div className="row">
              <code>{permit.services.join(", ")}</code> <Operations of={permit.operations} />
            </div>
            {permit.open && <div className="soft">{permit.open}</div>}
            {permit.reason && <div className="soft">{permit.reason}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}

function PairWhy(props: { map: PlantMap; cuts: readonly Cut[] }) {
  const [first] = props.cuts;
  if (!first) return null;
  const name = (id: string | null | undefined) => {
    const zone = props.map.zones.find((candidate) => candidate.id === id);
    return zone ? label(zone) : (id ?? "");
  };
  return (
    <>
      <h2>
        {name(first.from_zone)} → {name(first.to_zone)}
      </h2>
      <Cuts of={props.cuts} />
    </>
  );
}

function Why(props: { reason: string }) {
  return (
    <>
      <h3>{text.map.why}</h3>
      <p className={props.reason ? "reason" : "soft"}>{props.reason || text.map.noReason}</p>
    </>
  );
}

function Cuts(props: { of: readonly Cut[] }) {
  if (props.of.length === 0) return null;
  return (
    <>
      <h3 className="cut-title">
        {text.map.wouldCut} <span>{props.of.length}</span>
      </h3>
      <ul className="plain cuts">
        {props.of.map((cut) => (
          <li key={cut.id}>
            <Link to={href("shadow", undefined, { pick: cut.id })}>
              {cut.initiator} → {cut.responder}
            </Link>
            <div className="row">
              <code>{cut.service}</code> <Operations of={cut.operations} />
            </div>
            <div className="soft">
              {text.shadow.judgement[cut.judgement] ?? cut.judgement} · {cut.rhythm}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}

function Row(props: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </>
  );
}
