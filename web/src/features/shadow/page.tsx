// The shadow test's result: what an enforced policy would have cut, with the evidence and the smallest mend.
import { useEffect, useRef } from "react";
import { useShadow } from "../../api/client";
import type { Cut, Shadow } from "../../api/types";
import { Answer, Empty } from "../../parts/states";
import { number, Operations, plural, Prose, time } from "../../parts/words";
import { go, href, useLocation } from "../../router";
import { text } from "../../text";
import { Calendar } from "./calendar";

export function ShadowPage() {
  const shadow = useShadow();
  return (
    <div className="doc wide">
      <Answer of={shadow}>{(data) => (data.judged === 0 ? <Empty title={text.shadow.none} /> : <Result of={data} />)}</Answer>
    </div>
  );
}

/** By who opens the connections, in the order in which the server ranks the first of each: one cause is often many uses. */
function groupsOf(cuts: readonly Cut[]): [string, Cut[]][] {
  const groups = new Map<string, Cut[]>();
  for (const cut of cuts) groups.set(cut.initiator, [...(groups.get(cut.initiator) ?? []), cut]);
  return [...groups];
}

const JUDGEMENTS = ["needed", "unclear", "unwanted"] as const;

function Result(props: { of: Shadow }) {
  const { query } = useLocation();
  const { of } = props;
  const only = query.get("judgement");
  const pick = query.get("pick");
  const shown = of.findings.filter((cut) => !only || cut.judgement === only);
  return (
    <>
      <h1>{text.shadow.title}</h1>
      <p className="lead">{of.sentence}</p>
      <p className="soft">
        {time(of.from)} – {time(of.to)}
      </p>
      <Figures of={of} />
      {of.findings.length === 0 ? (
        <Empty title={text.shadow.nothing}>
          <p>{text.shadow.nothingHelp}</p>
        </Empty>
      ) : (
        <>
          <div className="segmented" role="group" aria-label={text.shadow.cut}>
            <Filter value={null} now={only} label={`${text.shadow.all} ${of.findings.length}`} />
            {JUDGEMENTS.map((judgement) => (
              <Filter
                key={judgement}
                value={judgement}
                now={only}
                label={`${text.shadow.judgement[judgement]} ${of.findings.filter((cut) => cut.judgement === judgement).length}`}
              />
            ))}
          </div>
          <Calendar cuts={shown} />
          {groupsOf(shown).map(([initiator, cuts]) => (
            <section key={initiator}>
              <h2 className="group">
                {initiator} <span className="soft">{plural(cuts.length, text.shadow.use)}</span>
              </h2>
              {cuts.map((cut) => (
                <CutCard key={cut.id} cut={cut} open={pick === cut.id} />
              ))}
            </section>
          ))}
        </>
      )}
      <h2>{text.shadow.coverage}</h2>
      <ul>
        {of.coverage.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function Figures(props: { of: Shadow }) {
  const { of } = props;
  const figures: [string, number, string][] = [
    [text.shadow.judged, of.judged, ""],
    [text.shadow.permitted, of.permitted, "good"],
    [text.shadow.intra, of.intra_zone, ""],
    [text.shadow.segment, of.segment, ""],
    [text.shadow.cut, of.cut, of.cut > 0 ? "cut" : "good"],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, count, look]) => (
        <div key={name} className={look}>
          <dd>{number(count)}</dd>
          <dt>{name}</dt>
        </div>
      ))}
    </dl>
  );
}

function Filter(props: { value: string | null; now: string | null; label: string }) {
  return (
    <button
      type="button"
      aria-pressed={props.value === props.now}
      onClick={() => go(href("shadow", undefined, props.value ? { judgement: props.value } : {}), "replace")}
    >
      {props.label}
    </button>
  );
}

function CutCard(props: { cut: Cut; open: boolean }) {
  const { cut, open } = props;
  const card = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    if (open) card.current?.scrollIntoView({ block: "center" });
  }, [open]);
  return (
    <details className="card cut-card" data-judgement={cut.judgement} open={open} ref={card}>
      <summary>
        <span className="sentence">
          <Prose of={cut.sentence} />
        </span>
        <span className="row">
          <span className={`verdict ${cut.judgement}`}>{text.shadow.judgement[cut.judgement] ?? cut.judgement}</span>
          <code>{cut.service}</code> <Operations of={cut.operations} />
          <span className="soft">
            {cut.rhythm} · {plural(cut.connections, text.shadow.connection)} · {plural(cut.requests, text.shadow.request)}
          </span>
        </span>
      </summary>
      <h3>{text.shadow.reason}</h3>
      <p>
        <Prose of={cut.reason} /> <span className="soft">({text.shadow.stage[cut.stage] ?? cut.stage})</span>
      </p>
      <h3>{text.shadow.evidence}</h3>
      <ul>
        {cut.evidence.map((line) => (
          <li key={line}>
            <Prose of={line} />
          </li>
        ))}
      </ul>
      <h3>{text.shadow.edit}</h3>
      {cut.edits.map((edit) => (
        <pre key={edit}>{edit}</pre>
      ))}
      <p className="soft">
        {text.shadow.when}: {time(cut.first)} – {time(cut.last)}
      </p>
    </details>
  );
}
