//! Every check against its cases in tests/checks/CODE.md, and its manual against itself.
//!
//! A case is a heading `## fires: …` or `## quiet: …`, a block of TOML, optionally a block `observed` with a use a line,
//! and for firing cases a block `diagnostics` with what the check says. `format = 1` and a site are put before the TOML,
//! which is why line numbers start at 5. With `UPDATE=1` the `diagnostics` blocks are written anew.
#![expect(
    clippy::disallowed_methods,
    reason = "tests read their cases from files, and UPDATE from the environment"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test's helpers fail the test"
)]

use cofferdam_plant::checks::{CHECKS, codes, explain, reference};
use cofferdam_plant::render::{Colour, human};
use cofferdam_plant::{
    AssetRole, Attribute, Clause, Document, End, Facts, Observed, ObservedIdentity, ObservedUse, Provenance,
    Standard, parse,
};
use cofferdam_terms::Timestamp;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// 2026-11-24 00:00 UTC.
const NOW: Timestamp = Timestamp::from_secs(1_795_478_400);
const PRELUDE: &str = "format = 1\n[site]\nid = \"mro\"\n\n";

#[test]
fn every_check_fires_where_it_should_and_nowhere_else() {
    for check in CHECKS {
        let path = folder().join(format!("{}.md", check.code));
        let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
        let mut wanted = BTreeSet::from(["fires", "quiet"]);
        let mut updated = text.clone();
        for case in cases(&text) {
            let found = findings(check.code.0, &case);
            wanted.remove(case.kind);
            match case.kind {
                "fires" if std::env::var_os("UPDATE").is_some() => {
                    assert_ne!(found, "", "{}: {} is silent", check.code, case.title);
                    updated = updated.replace(&case.whole, &case.with_diagnostics(&found));
                }
                "fires" => {
                    assert_ne!(found, "", "{}: {} is silent", check.code, case.title);
                    assert_eq!(
                        case.block("diagnostics").unwrap_or_default().trim_end(),
                        found.trim_end(),
                        "{}: {}",
                        check.code,
                        case.title
                    );
                }
                _ => assert_eq!(found, "", "{}: {}", check.code, case.title),
            }
        }
        assert!(wanted.is_empty(), "{} has no case that {wanted:?}", check.code);
        if updated != text {
            fs::write(&path, updated).unwrap();
        }
    }
}

#[test]
fn every_file_of_a_check_is_registered_under_its_name() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks");
    let files: BTreeSet<String> = fs::read_dir(sources)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| fs::read_to_string(path).unwrap().contains("const CHECK: Check"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .collect();
    let registered: BTreeSet<String> = CHECKS.iter().map(|check| check.code.to_string()).collect();
    assert_eq!(files, registered);
    let cases: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert_eq!(cases, registered, "tests/checks has a file for each check");
    let all: Vec<_> = codes().collect();
    let distinct: BTreeSet<_> = all.iter().collect();
    assert_eq!(all.len(), distinct.len(), "two kinds of diagnostic have one name");
}

#[test]
fn every_manual_is_complete_and_its_example_is_true() {
    const HEADINGS: [&str; 7] = [
        "What",
        "Why it matters",
        "Clause",
        "Evidence",
        "False positives",
        "Example",
        "Mend",
    ];
    for check in CHECKS {
        for heading in HEADINGS {
            let section = check.section(heading).unwrap_or_default();
            assert_ne!(section, "", "{} says nothing under {heading}", check.code);
        }
        let named = check.section("Clause").unwrap();
        for clause in check.clauses {
            assert!(
                named.contains(clause.id),
                "{}: `Clause` doesn't name {clause}",
                check.code
            );
        }
        let example = check.section("Example").unwrap();
        let case = Case {
            kind: "fires",
            title: "example",
            whole: example,
        };
        assert_ne!(
            findings(check.code.0, &case),
            "",
            "the example of {} is silent",
            check.code
        );
        assert!(explain(check.code.0).unwrap().contains("## Mend"));
    }
    assert_eq!(explain("no-such-code"), None);
    assert!(
        explain("unknown-key")
            .unwrap()
            .starts_with("# unknown-key (error)")
    );
}

#[test]
fn the_reference_page_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, reference()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == reference(),
        "docs/checks.md is stale: run this test with UPDATE=1"
    );
}

#[test]
fn every_clause_exists() {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/frameworks");
    let load = |name: &str| fs::read_to_string(lists.join(name)).ok();
    let (Some(part_3_2), Some(part_3_3)) = (load("iec-62443-3-2-2020.tsv"), load("iec-62443-3-3-2013.tsv"))
    else {
        println!("not run: the lists of clauses are not at {}", lists.display());
        return;
    };
    for Clause { standard, id } in CHECKS.iter().flat_map(|check| check.clauses) {
        let list = match standard {
            Standard::Iec62443Part3_2 => &part_3_2,
            Standard::Iec62443Part3_3 => &part_3_3,
        };
        assert!(
            list.lines().any(|line| line.split('\t').next() == Some(id)),
            "{id}"
        );
    }
}

#[test]
fn checks_that_lack_facts_say_so() {
    let document = parse("plant.toml", PRELUDE).unwrap();
    let checked = document.check(Facts::default());
    let lacking: Vec<_> = checked
        .not_run
        .iter()
        .map(|(code, lacking)| format!("{code} lacks {}", lacking.name()))
        .collect();
    assert_eq!(
        lacking,
        [
            "declaration-contradicted lacks an observation",
            "flow-without-conduit lacks an observation",
            "observed-address-without-zone lacks an observation",
            "permit-unused lacks an observation",
            "window-expired lacks the time",
        ]
    );
}

struct Case<'t> {
    kind: &'t str,
    title: &'t str,
    /// From the heading to the next one.
    whole: String,
}

impl Case<'_> {
    fn block(&self, language: &str) -> Option<&str> {
        let (_, rest) = self.whole.split_once(&format!("```{language}\n"))?;
        Some(rest.split_once("```").unwrap().0)
    }

    fn with_diagnostics(&self, found: &str) -> String {
        let head = self.whole.split("```diagnostics\n").next().unwrap().trim_end();
        format!("{head}\n```diagnostics\n{}\n```\n\n", found.trim_end())
    }
}

fn cases(text: &str) -> Vec<Case<'_>> {
    text.match_indices("## ")
        .filter_map(|(at, _)| {
            let whole = text[at..].split("\n## ").next().unwrap();
            let heading = whole.lines().next().unwrap().strip_prefix("## ")?;
            let (kind, title) = heading
                .split_once(": ")
                .expect("a heading is `## fires: …` or `## quiet: …`");
            assert!(["fires", "quiet"].contains(&kind), "{heading}");
            let whole = if whole.ends_with('\n') {
                whole.to_owned()
            } else {
                format!("{whole}\n")
            };
            Some(Case { kind, title, whole })
        })
        .collect()
}

/// What one check says of a case.
fn findings(code: &str, case: &Case<'_>) -> String {
    let document = document(case);
    let observed = Observed {
        span: Some((Timestamp::from_secs(NOW.secs() - 7 * 86_400), NOW)),
        uses: case
            .block("observed")
            .unwrap_or_default()
            .lines()
            .map(used)
            .collect(),
        identities: case
            .block("identities")
            .unwrap_or_default()
            .lines()
            .map(identity)
            .collect(),
    };
    let facts = Facts {
        now: Some(NOW),
        observed: Some(&observed),
    };
    let found = document.check(facts).diagnostics;
    found
        .iter()
        .filter(|diagnostic| diagnostic.code.0 == code)
        .map(|diagnostic| human(diagnostic, &[document.source()], Colour::Plain))
        .collect()
}

fn document(case: &Case<'_>) -> Document {
    let text = format!("{PRELUDE}{}", case.block("toml").expect("a case has TOML"));
    match parse("plant.toml", &text) {
        Ok(document) => document,
        Err(rejection) => {
            let shown = rejection.diagnostics.iter();
            let shown: String = shown
                .map(|d| human(d, &[&rejection.text], Colour::Plain))
                .collect();
            panic!("{}:\n{shown}", case.title)
        }
    }
}

/// An identity as `10.20.1.11 firmware = V4.4`.
fn identity(line: &str) -> ObservedIdentity {
    let (address, rest) = line.split_once(' ').unwrap();
    let (key, value) = rest.split_once(" = ").unwrap();
    let provenance = Provenance::Observed {
        capture: "line.pcap".to_owned(),
        packet: 12,
        field: "cip identity revision".to_owned(),
        at: NOW,
        confidence: 0.9,
    };
    let text = Some(Attribute {
        value: value.to_owned(),
        provenance: provenance.clone(),
    });
    let mut out = ObservedIdentity {
        ends: vec![end(address)],
        ..ObservedIdentity::default()
    };
    match key {
        "vendor" => out.vendor = text,
        "product" => out.product = text,
        "firmware" => out.firmware = text,
        "serial" => out.serial = text,
        "role" => {
            let value = AssetRole::ALL.into_iter().find(|role| role.name() == value);
            out.role = value.map(|value| Attribute { value, provenance });
        }
        _ => panic!("{key}"),
    }
    out
}

/// A use as `10.50.3.4 -> 10.20.1.11 tcp/502 modbus: read, write; 12`; a MAC stands for an end without IP.
fn used(line: &str) -> ObservedUse {
    let (initiator, rest) = line.split_once(" -> ").unwrap();
    let (responder, rest) = rest.split_once(' ').unwrap();
    let (service, rest) = rest.split_once(':').unwrap();
    let (operations, count) = rest.split_once(';').unwrap();
    let service: cofferdam_plant::Service = service.parse().unwrap();
    ObservedUse {
        initiator: end(initiator),
        responder: end(responder),
        transport: service.transport.unwrap(),
        port: service.ports.map(|ports| ports.first()),
        protocol: service.protocol,
        operations: operations
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(|word| word.parse().unwrap())
            .collect(),
        count: count.trim().parse().unwrap(),
    }
}

fn end(text: &str) -> End {
    let ip = text.parse().ok();
    End {
        ip,
        mac: ip.is_none().then(|| text.parse().unwrap()),
        vlan: None,
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checks")
}
