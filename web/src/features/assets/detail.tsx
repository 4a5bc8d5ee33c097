// One asset: every attribute with where it comes from.
import { useAsset } from "../../api/client";
import type { AssetDetail } from "../../api/types";
import { Link } from "../../parts/link";
import { Answer } from "../../parts/states";
import { label, number, time } from "../../parts/words";
import { href } from "../../router";
import { text } from "../../text";

export function AssetPage(props: { id: string }) {
  const detail = useAsset(props.id);
  return (
    <div className="doc">
      <p>
        <Link to={href("assets")}>← {text.assets.back}</Link>
      </p>
      <Answer of={detail}>{(data) => <Detail of={data} />}</Answer>
    </div>
  );
}

function Detail(props: { of: AssetDetail }) {
  const { asset, facts, role_reasons: reasons, joins, units } = props.of;
  return (
    <>
      <h1>{label(asset)}</h1>
      <p className="soft">
        {asset.role}
        {asset.confidence != null && `, ${text.assets.confidence(Math.round(asset.confidence * 100))}`} · {text.assets.standing[asset.standing]}
      </p>
      <dl className="facts wide">
        <Fact name={text.assets.columns.zone} value={asset.zone} />
        <Fact name={text.assets.columns.vendor} value={asset.vendor} />
        <Fact name={text.assets.columns.product} value={asset.product} />
        <Fact name={text.assets.columns.firmware} value={asset.firmware} />
        <Fact name={text.assets.columns.address} value={[...asset.ips, ...asset.macs].join(", ")} />
        <Fact name={text.assets.columns.serves} value={asset.serves.join(", ")} />
        <Fact name={text.assets.columns.last} value={time(asset.last)} />
      </dl>
      <List title={text.assets.reasons} items={reasons} />
      <List title={text.assets.joins} items={joins} />
      <List title={text.assets.units} items={units} />
      <h2>{text.assets.facts}</h2>
      {facts.length === 0 ? <p className="soft">{text.assets.noFacts}</p> : <Facts of={facts} />}
    </>
  );
}

function Facts(props: { of: AssetDetail["facts"] }) {
  const heads = text.assets.factColumns;
  return (
    <table className="grid">
      <thead>
        <tr>
          <th scope="col">{heads.field}</th>
          <th scope="col">{heads.value}</th>
          <th scope="col">{heads.protocol}</th>
          <th scope="col">{heads.where}</th>
          <th scope="col" className="right">
            {heads.times}
          </th>
        </tr>
      </thead>
      <tbody>
        {props.of.map((fact) => (
          <tr key={`${fact.field} ${fact.value} ${fact.protocol} ${fact.unit}`}>
            <td>
              {fact.field}
              {fact.unit != null && <span className="soft"> (unit {fact.unit})</span>}
            </td>
            <td className="mono">{fact.value}</td>
            <td>{fact.protocol}</td>
            <td className="mono">
              #{fact.packet}, {time(fact.at)}
            </td>
            <td className="right mono">{number(fact.times)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Fact(props: { name: string; value: string | null | undefined }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd>{props.value || "–"}</dd>
    </>
  );
}

function List(props: { title: string; items: readonly string[] }) {
  if (props.items.length === 0) return null;
  return (
    <>
      <h2>{props.title}</h2>
      <ul>
        {props.items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </>
  );
}
