//! Rules about the tree, each with its reason. A rule that is hard to keep is changed here, in view, not evaded.
#![expect(clippy::unwrap_used, reason = "a test's helper may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Crates that take values and give values. They may not reach a shell, nor the libraries that do I/O.
const PURE: [&str; 7] = [
    "terms", "plant", "import", "dissect", "observe", "policy", "simulate",
];
/// Crates that do I/O; a pure crate that depends on one of them could do I/O too.
const SHELLS: [&str; 5] = ["capture", "telemetry", "site", "server", "cofferdam"];
/// Libraries that open files, sockets or run-times. Not for a pure crate.
const IO_LIBRARIES: [&str; 7] = [
    "tokio",
    "axum",
    "datafusion",
    "rustix",
    "libc",
    "tempfile",
    "clap",
];
/// Crates whose root may allow unsafe code.
const UNSAFE_ALLOWED: [&str; 1] = ["capture"];
/// The longest a source file may grow before a seam must be found.
const MAX_LINES: usize = 800;

#[test]
fn the_arrows_between_crates_are_those_that_were_agreed() {
    let golden_path = root().join("docs/crates.txt");
    let now: String = arrows()
        .iter()
        .map(|(from, to)| format!("{from} -> {}\n", to.iter().cloned().collect::<Vec<_>>().join(" ")))
        .collect();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&golden_path, &now).unwrap();
    }
    let golden = fs::read_to_string(&golden_path).unwrap();
    assert_eq!(
        golden, now,
        "an arrow between crates changed: if it is meant, run this test with UPDATE=1 and have the diff of docs/crates.txt reviewed"
    );
}

#[test]
fn a_pure_crate_depends_on_no_shell() {
    for (from, to) in arrows() {
        if PURE.contains(&from.as_str()) {
            let shells: Vec<_> = to.iter().filter(|name| SHELLS.contains(&name.as_str())).collect();
            assert!(shells.is_empty(), "{from} is pure and depends on {shells:?}");
        }
    }
}

#[test]
fn a_pure_crate_names_no_library_that_does_io() {
    for package in packages() {
        let name = short(&package.name);
        if !PURE.contains(&name.as_str()) {
            continue;
        }
        for dependency in &package.dependencies {
            let normal = dependency.kind == cargo_metadata::DependencyKind::Normal;
            assert!(
                !(normal && IO_LIBRARIES.contains(&dependency.name.as_str())),
                "{name} is pure and depends on {}",
                dependency.name
            );
        }
    }
}

#[test]
fn every_crate_says_what_it_is_and_forbids_unsafe_code() {
    for package in packages() {
        let name = short(&package.name);
        let file = if name == "cofferdam" {
            "src/main.rs"
        } else {
            "src/lib.rs"
        };
        let path = package.manifest_path.parent().unwrap().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//! "),
            "{path} must open with what the crate is for and what it must not know"
        );
        if !UNSAFE_ALLOWED.contains(&name.as_str()) {
            assert!(
                text.contains("#![forbid(unsafe_code)]"),
                "{path} must forbid unsafe code"
            );
        }
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{} must take the workspace's lints",
            package.manifest_path
        );
    }
}

#[test]
fn pure_crates_have_the_clippy_file_that_bans_io() {
    for name in PURE {
        let path = root().join("crates").join(name).join("clippy.toml");
        let text = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text.contains("std::time::SystemTime::now"),
            "{} must ban clocks and files",
            path.display()
        );
    }
}

#[test]
fn every_file_can_be_read_in_one_sitting() {
    for path in sources() {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(
            lines <= MAX_LINES,
            "{} has {lines} lines; find the seam",
            path.display()
        );
    }
}

#[test]
fn nothing_is_left_unfinished() {
    // Written apart, so that this file does not find itself.
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X:"],
        ["#[ign", "ore"],
        ["should", "_panic"],
    ]
    .map(|halves| halves.concat());
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} says {mark}", path.display());
        }
    }
}

#[test]
fn every_outside_library_has_its_reason() {
    let reasons = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let named: BTreeSet<_> = reasons
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let used: BTreeSet<_> = packages()
        .iter()
        .flat_map(|package| {
            package
                .dependencies
                .iter()
                .map(|dependency| dependency.name.clone())
        })
        .filter(|name| !name.starts_with("cofferdam"))
        .collect();
    let missing: Vec<_> = used.difference(&named).collect();
    assert!(
        missing.is_empty(),
        "docs/dependencies.md gives no reason for {missing:?}"
    );
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .parent()
        .unwrap()
        .to_path_buf()
}

fn packages() -> Vec<cargo_metadata::Package> {
    cargo_metadata::MetadataCommand::new()
        .current_dir(root())
        .no_deps()
        .exec()
        .unwrap()
        .packages
}

fn short(name: &str) -> String {
    name.strip_prefix("cofferdam-").unwrap_or(name).to_owned()
}

/// Normal and build dependencies between our own crates; tests may reach further.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    packages()
        .iter()
        .map(|package| {
            let to = package
                .dependencies
                .iter()
                .filter(|d| {
                    d.kind != cargo_metadata::DependencyKind::Development && d.name.starts_with("cofferdam-")
                })
                .map(|d| short(&d.name));
            (short(&package.name), to.collect())
        })
        .collect()
}

/// Rust and TypeScript sources that people wrote.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![
        root().join("crates"),
        root().join("web/src"),
        root().join("web/tests"),
        root().join("fuzz"),
    ];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", "node_modules", "generated", "corpus", "artifacts"].contains(&name.as_str())
            {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|e| ["rs", "ts", "tsx", "css"].contains(&e.to_string_lossy().as_ref()))
            {
                found.push(path);
            }
        }
    }
    found
}
