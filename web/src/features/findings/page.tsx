// What the checks say of the model, as a compiler would show it.
import { useFindings } from "../../api/client";
import type { Finding } from "../../api/types";
import { Answer, Empty } from "../../parts/states";
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
              {data.findings
                .filter((finding) => !only || finding.severity === only)
                .map((finding, at) => (
                  <Card key={`${finding.code} ${finding.line} ${finding.column} ${at}`} finding={finding} />
                ))}
            </>
          )
        }
      </Answer>
    </div>
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
        <span className={`severity ${finding.severity}`}>{text.findings.severity[finding.severity] ?? finding.severity}</span>
        <span className="sentence">{finding.message}</span>
        <span className="row soft">
          <code>{finding.code}</code>
          {finding.clause && <span>{finding.clause}</span>}
          <code>
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
              <li key={line}>{line}</li>
            ))}
          </ul>
        </>
      )}
    </details>
  );
}
