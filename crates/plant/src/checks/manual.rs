//! The manual of the checks, made from the module documentation of their files.

use super::{CHECKS, Check};
use crate::text::TextCode;
use std::fmt::Write;

/// What a code means, why it matters, and how it is mended, as Markdown. `None` if there is no such code.
#[must_use]
pub fn explain(code: &str) -> Option<String> {
    let check = CHECKS.iter().find(|check| check.code.0 == code);
    let fault = || TextCode::ALL.iter().find(|fault| fault.code().0 == code);
    match check {
        Some(check) => Some(format!(
            "# {} ({})\n\n{}",
            check.code,
            check.severity.name(),
            deeper(check)
        )),
        None => fault().map(|fault| format!("# {} (error)\n\n{}\n", fault.code(), fault.about())),
    }
}

/// Every code there is, those of the text first.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let faults = TextCode::ALL.iter().map(|fault| fault.code().0);
    faults.chain(CHECKS.iter().map(|check| check.code.0))
}

/// The reference page of all checks and faults of the text.
#[must_use]
pub fn reference() -> String {
    let mut out = "# Checks\n\n".to_owned();
    out.push_str(
        "Made from the documentation in crates/plant/src/checks and text/codes.rs; the test `the_reference_page_is_fresh` \
         compares, and makes it with `UPDATE=1`. `cofferdam explain CODE` shows the same.\n\n",
    );
    out.push_str("| check | severity | clauses |\n| --- | --- | --- |\n");
    for check in CHECKS {
        let clauses: Vec<_> = check.clauses.iter().map(ToString::to_string).collect();
        // Writing into a string can't fail.
        let _infallible = writeln!(
            out,
            "| [`{0}`](#{0}) | {1} | {2} |",
            check.code,
            check.severity.name(),
            clauses.join(", ")
        );
    }
    for check in CHECKS {
        let _infallible = write!(
            out,
            "\n## {}\n\n{}",
            check.code,
            deeper(check).replace("\n## ", "\n### ")
        );
    }
    out.push_str("\n# Faults of the text\n\nEach is an error: a text with one says no model.\n");
    for fault in TextCode::ALL {
        let _infallible = write!(out, "\n## {}\n\n{}\n", fault.code(), fault.about());
    }
    out.replace("\n## What\n\n", "\n").replace("\n### What\n\n", "\n")
}

/// A check's manual with its headings one level down.
fn deeper(check: &Check) -> String {
    let mut out = String::new();
    for line in check.manual() {
        // A shell's comment in an example is no heading; examples are TOML, whose comments would be rare here.
        if line.starts_with("# ") {
            out.push('#');
        }
        out.extend([line, "\n"]);
    }
    out
}

impl Check {
    /// The lines of the module documentation.
    fn manual(&self) -> impl Iterator<Item = &'static str> {
        let lines = self.source.lines().map_while(|line| line.strip_prefix("//!"));
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line))
    }

    /// The part of the manual under a heading: `Clause`, `Example`.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<String> {
        let mut lines = self
            .manual()
            .skip_while(|line| line.strip_prefix("# ") != Some(heading));
        lines.next()?;
        let body: Vec<_> = lines.take_while(|line| !line.starts_with("# ")).collect();
        Some(body.join("\n").trim().to_owned())
    }
}
