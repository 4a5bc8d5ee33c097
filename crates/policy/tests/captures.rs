//! Every real capture is drafted, replayed against its own draft and compiled: what holds for random models has to hold
//! for real plants too.

#![expect(
    clippy::unwrap_used,
    reason = "a test that fails is the point, and it says what was not run"
)]

use cofferdam_capture::Source;
use cofferdam_observe::{FlowRecord, Observation, Observer, Settings};
use cofferdam_plant::Document;
use cofferdam_policy::backends::Scope;
use cofferdam_policy::backends::nftables::{lower, parse, print};
use cofferdam_policy::{Conversations, DraftError, DraftSettings, Policy, Shadow, ShadowSettings, draft};
use std::path::{Path, PathBuf};

#[test]
fn a_draft_of_a_real_capture_cuts_nothing_of_it_but_what_it_left_out() {
    let captures = captures();
    if captures.is_empty() {
        println!("not run: there are no captures beside the project (../shared/data/captures)");
        return;
    }
    let mut conduits = 0;
    for path in &captures {
        conduits += check(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    }
    println!("{} captures, {conduits} conduits drafted", captures.len());
    assert!(
        conduits > captures.len() / 4,
        "hardly a capture crosses a zone: {conduits}"
    );
}

/// The number of conduits drafted, or what is wrong.
fn check(path: &Path) -> Result<usize, String> {
    let Ok((records, observation)) = observe(path) else {
        // That a file is no capture is told by its own tests.
        return Ok(0);
    };
    let conversations: Conversations = records.iter().collect();
    let settings = DraftSettings {
        site: "site".parse().unwrap(),
        site_name: "Site".to_owned(),
        capture: path.file_name().unwrap().to_string_lossy().into_owned(),
    };
    let drafted = match draft(&observation.assets, &conversations, &settings) {
        Ok(drafted) => drafted,
        Err(DraftError::NothingObserved) => return Ok(0),
        Err(error) => return Err(error.to_string()),
    };
    let text = Document::from_plant("draft", &drafted.plant).map_err(|rejected| format!("{rejected:?}"))?;
    if text.plant() != &drafted.plant {
        return Err("the text form reads back as another plant".to_owned());
    }
    let policy = Policy::new(&drafted.plant);
    if let Some(fault) = policy.faults().first() {
        return Err(format!("two zones claim {:?}: {:?}", fault.claimed, fault.claims));
    }
    let mut shadow = Shadow::new(&policy, &drafted.plant, ShadowSettings::default());
    for record in &records {
        shadow.record(record);
    }
    let report = shadow.finish(&observation.assets);
    for finding in &report.findings {
        if !drafted.left_out.iter().any(|left| left.key == finding.key) {
            return Err(finding.sentence.clone());
        }
    }
    let ruleset = lower(&drafted.plant, &policy, &Scope::Site).ruleset;
    let read = parse(&print(&ruleset));
    if read.ruleset != ruleset || !read.faults.is_empty() {
        return Err(format!("its rules read back otherwise: {:?}", read.faults));
    }
    Ok(drafted.plant.conduits().len())
}

fn observe(path: &Path) -> Result<(Vec<FlowRecord>, Observation), cofferdam_capture::OpenError> {
    let mut source = Source::open(path)?;
    let mut observer = Observer::new(Settings::new("capture"));
    let mut records = Vec::new();
    while let Some(packet) = source.next_packet() {
        observer.frame(
            packet.number,
            packet.time,
            packet.link,
            packet.bytes,
            packet.original,
            &mut records,
        );
    }
    let observation = observer.finish(&mut records);
    Ok((records, observation))
}

fn captures() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|end| end.to_string_lossy().contains("pcap"))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
