// The compiled rules of each enforcement point, with what the device can't enforce.
import { useState } from "react";
import { useRules } from "../../api/client";
import type { Rules } from "../../api/types";
import { Answer, Empty } from "../../parts/states";
import { Prose } from "../../parts/words";
import { text } from "../../text";

export function RulesPage() {
  const rules = useRules();
  return (
    <div className="doc wide">
      <h1>{text.nav.rules}</h1>
      <Answer of={rules}>
        {(data) => (data.length === 0 ? <Empty title={text.rules.none} /> : data.map((point) => <Point key={point.point} of={point} />))}
      </Answer>
    </div>
  );
}

function Point(props: { of: Rules }) {
  const { of } = props;
  return (
    <section>
      <h2>
        {of.point} <span className="chip">{of.backend}</span>
      </h2>
      <Listing title={text.rules.rules} code={of.text} />
      {of.residuals.length === 0 ? (
        <p className="soft">{text.rules.noResiduals}</p>
      ) : (
        <details className="card fold">
          <summary>
            {text.rules.residuals} <span className="soft">{of.residuals.length}</span>
          </summary>
          <ul className="residuals">
            {of.residuals.map((line) => (
              <li key={line}>
                <Prose of={line} />
              </li>
            ))}
          </ul>
        </details>
      )}
      <details className="card fold">
        <summary>{text.rules.rollBack}</summary>
        <Listing title={text.rules.rollBack} code={of.roll_back} />
      </details>
    </section>
  );
}

function Listing(props: { title: string; code: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(props.code).then(() => setCopied(true));
  };
  return (
    <>
      <div className="row between">
        <h3>{props.title}</h3>
        <button type="button" className="button" onClick={copy}>
          {copied ? text.rules.copied : text.rules.copy}
        </button>
      </div>
      <div className="listing" tabIndex={0} role="region" aria-label={props.title}>
        {props.code.split("\n").map((line, at) => (
          <div key={at} className={line.trimStart().startsWith("#") ? "comment" : undefined}>
            <span aria-hidden="true">{at + 1}</span>
            <code>{line || " "}</code>
          </div>
        ))}
      </div>
    </>
  );
}
