//! Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors show in place.
//!
//! Every check and fault of the text is a rule with its manual as help. Checks that could not run are notifications,
//! so that their silence is not taken for a pass.

use crate::checks::{CHECKS, Lacking, codes, explain};
use crate::diagnostic::{Code, Diagnostic, Fix, Label, Severity};
use crate::source::{Source, Span};
use serde_json::{Map, Value, json};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A log of one run. `version` is Cofferdam's; a fix into a source that isn't given is left out.
#[must_use]
pub fn sarif(
    diagnostics: &[Diagnostic],
    not_run: &[(Code, Lacking)],
    sources: &[&Source],
    version: &str,
) -> Value {
    let mut rules: Vec<&str> = codes().collect();
    for diagnostic in diagnostics {
        if !rules.contains(&diagnostic.code.0) {
            rules.push(diagnostic.code.0);
        }
    }
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|diagnostic| {
            let index = rules.iter().position(|rule| *rule == diagnostic.code.0);
            result(diagnostic, index, sources)
        })
        .collect();
    let notifications: Vec<Value> = not_run
        .iter()
        .map(|(code, lacking)| {
            json!({
                "level": "note",
                "message": { "text": format!("{code} did not run: it lacks {}", lacking.name()) },
                "associatedRule": { "id": code.0 },
            })
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Cofferdam",
                "semanticVersion": version,
                "rules": rules.iter().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolConfigurationNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: &str) -> Value {
    let mut rule = Map::new();
    rule.insert("id".to_owned(), code.into());
    if let Some(check) = CHECKS.iter().find(|check| check.code.0 == code) {
        let what = check.section("What").unwrap_or_default().replace('\n', " ");
        rule.insert("shortDescription".to_owned(), json!({ "text": what }));
        let tags: Vec<String> = check.clauses.iter().map(ToString::to_string).collect();
        rule.insert("properties".to_owned(), json!({ "tags": tags }));
        rule.insert(
            "defaultConfiguration".to_owned(),
            json!({ "level": check.severity.name() }),
        );
    }
    if let Some(manual) = explain(code) {
        rule.insert("help".to_owned(), json!({ "text": manual, "markdown": manual }));
    }
    Value::Object(rule)
}

fn result(diagnostic: &Diagnostic, rule: Option<usize>, sources: &[&Source]) -> Value {
    let text = match &diagnostic.help {
        Some(help) => format!("{}. Help: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut out = Map::new();
    out.insert("ruleId".to_owned(), diagnostic.code.0.into());
    if let Some(rule) = rule {
        out.insert("ruleIndex".to_owned(), rule.into());
    }
    out.insert("level".to_owned(), level.into());
    out.insert("message".to_owned(), json!({ "text": text }));
    out.insert("locations".to_owned(), json!([location(&diagnostic.primary)]));
    let related: Vec<Value> = diagnostic.secondary.iter().map(location).collect();
    if !related.is_empty() {
        out.insert("relatedLocations".to_owned(), related.into());
    }
    if let Some(fix) = fix(diagnostic, sources) {
        out.insert("fixes".to_owned(), json!([fix]));
    }
    Value::Object(out)
}

fn location(label: &Label) -> Value {
    let mut out = Map::new();
    if let Some(span) = &label.span {
        out.insert(
            "physicalLocation".to_owned(),
            json!({ "artifactLocation": { "uri": uri(&span.file) }, "region": region(span) }),
        );
    }
    if let Some(place) = &label.place {
        out.insert(
            "logicalLocations".to_owned(),
            json!([{ "fullyQualifiedName": place.to_string() }]),
        );
    }
    if !label.text.is_empty() {
        out.insert("message".to_owned(), json!({ "text": label.text }));
    }
    Value::Object(out)
}

fn region(span: &Span) -> Value {
    json!({
        "startLine": span.from.line,
        "startColumn": span.from.column,
        "endLine": span.to.line,
        "endColumn": span.to.column,
    })
}

fn fix(diagnostic: &Diagnostic, sources: &[&Source]) -> Option<Value> {
    let Some(Fix::Text(edit)) = &diagnostic.fix else {
        return None;
    };
    let file = &diagnostic.primary.span.as_ref()?.file;
    let source = sources.iter().find(|source| source.name() == &**file)?;
    let what = diagnostic.help.as_deref().unwrap_or("this edit mends it");
    Some(json!({
        "description": { "text": what },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(file) },
            "replacements": [{
                "deletedRegion": region(&source.span(edit.range.clone())),
                "insertedContent": { "text": edit.replacement },
            }],
        }],
    }))
}

/// A file's name as a URI reference (RFC 3986): bytes that it doesn't take are written by number.
fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
