// What the checks say of the model, as a compiler would show it.
import { useFindings } from "../../api/client";
import type { Finding } from "../../api/types";
import { Answer, Empty } from "../../parts/states";
import { Prose } from "../../parts/words";
import { go, href, useLocation } from "../../router";
import { text } from "../../text";

export function FindingsPage() {
  const findings = useFindings();
  const only = useLocation().query.get("severity");
  return (
    <div className="doc wide">
      <h1>{text.nav.findings}</h1>
      <Answer of={findings}>
        {(data) =>
          data.findings.length === 0 ? (
            <Empty title={text.findings.none} />
          ) : (
            <>
              <div className="segmented" role="group" aria-label={text.nav.findings}>
                <Filter value={null} now={only} label={`${text.findings.all} ${data.findings.length}`} />
                {data.counts.map((count) => (
                  <Filter
                    key={count.name}
                    value={count.name}
                    now={only}
                    label={`${text.findings.severity[count.name] ?? count.name} ${count.count}`}
                  />
                ))}
              </div>
              {groupsOf(data.findings.filter((finding) => !only || finding.severity === only)).map(([code, findings]) => (
                <Group key={code} findings={findings} />
              ))}
            </>
          )
        }
      </Answer>
    </div>
  );
}

const SEVERITIES = ["error", "warning", "note"];

/** One group for each check, the gravest first; within one, the order of the file. */
function groupsOf(findings: readonly Finding[]): [string, Finding[]][] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) groups.set(finding.code, [...(groups.get(finding.code) ?? []), finding]);
  const rank = ([, [first]]: [string, Finding[]]) => SEVERITIES.indexOf(first?.severity ?? "");
  return [...groups].sort((one, other) => rank(one) - rank(other));
}

function Group(props: { findings: readonly Finding[] }) {
  const [first] = props.findings;
  if (!first) return null;
  return (
    <section>
      <h2 className="group">
        {first.code} <span className="soft">{props.findings.length}</span> <span className="chip">{first.clause}</span>
      </h2>
      {props.findings.map((finding, at) => (
        <Card key={`${finding.line} ${finding.column} ${at}`} finding={finding} />
      ))}
    </section>
  );
}

function Filter(props: { value: string | null; now: string | null; label: string }) {
  return (
    <button
      type="button"
      aria-pressed={props.value === props.now}
      onClick={() => go(href("findings", undefined, props.value ? { severity: props.value } : {}), "replace")}
    >
      {props.label}
    </button>
  );
}

function Card(props: { finding: Finding }) {
  const { finding } = props;
  return (
    <details className="card" data-severity={finding.severity}>
      <summary>
        <span className="row">
          <span className={`severity ${finding.severity}`}>{text.findings.severity[finding.severity] ?? finding.severity}</span>
          <span className="sentence grow">
            <Prose of={finding.message} />
          </span>
          <code className="soft">
            {finding.file}:{finding.line}:{finding.column}
          </code>
        </span>
      </summary>
      <pre>{finding.rendered}</pre>
      {finding.help.length > 0 && (
        <>
          <h3>{text.findings.mend}</h3>
          <ul>
            {finding.help.map((line) => (
              <li key={line}>
                <Prose of={line} />
              </li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}
