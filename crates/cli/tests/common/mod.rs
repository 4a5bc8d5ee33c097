//! Runs the built binary as a person or script would, in a folder of its own.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with a site in it, removed in the end.
pub struct Plant {
    folder: tempfile::TempDir,
}

/// How a run of the binary ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Plant {
    /// A folder that is no site yet.
    pub fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// A site with nothing observed.
    pub fn new() -> Self {
        let plant = Self::bare();
        plant.run(&["init", "--name", "Hangar 3"]).succeeds();
        plant
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary on the site.
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with_input(args, Stdio::null())
    }

    pub fn run_with_input(&self, args: &[&str], input: impl Into<Stdio>) -> Run {
        let output = Command::new(env!("CARGO_BIN_EXE_cofferdam"))
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("COFFERDAM_SITE")
            .env_remove("CLICOLOR_FORCE")
            .stdin(input)
            .output()
            .unwrap();
        Run::of(output)
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let run = Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        assert!(!run.err.contains("panicked"), "{}", run.err);
        run
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub fn fails_with(self, code: i32, told: &str) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        assert!(self.err.contains(told), "wanted `{told}` in:\n{}", self.err);
        self
    }

    /// The one JSON document that was printed.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}:\n{}", self.out))
    }

    /// The JSON documents that were printed, one a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        self.out.lines().map(parse).collect()
    }
}

/// The shared captures, or `None` with a line that says so.
pub fn captures() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures");
    let folder = folder.canonicalize().ok();
    if folder.is_none() {
        println!("not run: the shared captures are not beside the workspace");
    }
    folder
}

/// Every file below a folder, in order.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Holds a generated page against the committed one; `UPDATE=1` writes it anew.
#[track_caller]
pub fn as_committed(page: &str, now: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, now).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == now,
        "{page} is stale: run this test with UPDATE=1 and have the difference reviewed"
    );
}
