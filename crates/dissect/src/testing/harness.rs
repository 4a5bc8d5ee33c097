//! What every registered protocol has to pass. A new one is found by itself.

use super::{Feed, fuzz, seed};
use crate::registry::{REGISTRY, Registration, Sample};
use crate::session::{Carrier, Context, Probe, Side};
use proptest::prelude::*;
use proptest::sample::Index;
use std::path::{Path, PathBuf};

/// Every sample of every protocol.
fn samples() -> impl Iterator<Item = (&'static Registration, &'static Sample)> {
    REGISTRY.iter().flat_map(|registration| {
        registration
            .samples
            .iter()
            .map(move |sample| (registration, sample))
    })
}

fn title(registration: &Registration, sample: &Sample) -> String {
    format!("{}: {}", registration.protocol, sample.name)
}

/// Feeds a sample, each turn in the segments that `cut` makes of it.
fn feed(
    registration: &'static Registration,
    sample: &Sample,
    cut: &dyn Fn(usize, &'static [u8]) -> Vec<&'static [u8]>,
) -> Feed {
    let mut feed = Feed::new(registration);
    for (turn, (context, bytes)) in sample.turns.iter().enumerate() {
        for segment in cut(turn, bytes) {
            let fed = feed.push(*context, segment);
            assert_eq!(fed, Ok(()), "{}", title(registration, sample));
        }
    }
    feed
}

fn whole(registration: &'static Registration, sample: &Sample) -> Feed {
    feed(registration, sample, &|_, bytes| vec![bytes])
}

fn over_tcp(sample: &Sample) -> bool {
    sample
        .turns
        .iter()
        .all(|(context, _)| context.carrier == Carrier::Tcp)
}

#[test]
fn samples_are_read_to_the_end_without_loss_or_anomaly() {
    for (registration, sample) in samples() {
        let title = title(registration, sample);
        let feed = whole(registration, sample);
        assert_eq!(feed.losses, [], "{title}");
        assert_eq!(
            (feed.waiting(Side::Initiator), feed.waiting(Side::Responder)),
            (0, 0),
            "{title}"
        );
        assert!(!feed.recorder.lines.is_empty(), "{title} says nothing");
        for line in &feed.recorder.lines {
            assert!(!line.starts_with("anomaly"), "{title}: {line}");
            assert!(!line.contains("unknown"), "{title}: {line}");
        }
    }
}

#[test]
fn every_prefix_of_a_sample_asks_for_more_or_is_lost() {
    for (registration, sample) in samples() {
        let all = whole(registration, sample).recorder.lines;
        for (last, (context, bytes)) in sample.turns.iter().enumerate() {
            for length in 0..bytes.len() {
                let mut feed = Feed::new(registration);
                for (context, bytes) in &sample.turns[..last] {
                    assert_eq!(feed.push(*context, bytes), Ok(()));
                }
                let fed = feed.push(*context, &bytes[..length]);
                let place = format!(
                    "{}, turn {last}, first {length} bytes",
                    title(registration, sample)
                );
                assert_eq!(fed, Ok(()), "{place}");
                // A stream that is cut short may have said less than the whole, but nothing else.
                if context.carrier == Carrier::Tcp && feed.losses.is_empty() {
                    assert!(
                        all.starts_with(&feed.recorder.lines),
                        "{place}: {:?}",
                        feed.recorder.lines
                    );
                }
            }
        }
    }
}

#[test]
fn a_stream_gives_the_same_messages_wherever_it_is_cut_once() {
    for (registration, sample) in samples().filter(|(_, sample)| over_tcp(sample)) {
        let all = whole(registration, sample).recorder.lines;
        let longest = sample.turns.iter().map(|(_, bytes)| bytes.len()).max();
        for at in 1..longest.unwrap_or_default() {
            let cut = feed(registration, sample, &|_, bytes| {
                let (head, tail) = bytes.split_at(at.min(bytes.len()));
                vec![head, tail]
            });
            assert_eq!(
                cut.recorder.lines,
                all,
                "{} cut at {at}",
                title(registration, sample)
            );
        }
    }
}

#[test]
fn a_stream_gives_the_same_messages_byte_by_byte() {
    for (registration, sample) in samples().filter(|(_, sample)| over_tcp(sample)) {
        let all = whole(registration, sample).recorder.lines;
        let cut = feed(registration, sample, &|_, bytes| bytes.chunks(1).collect());
        assert_eq!(cut.recorder.lines, all, "{}", title(registration, sample));
        assert_eq!(cut.losses, [], "{}", title(registration, sample));
    }
}

#[test]
fn turns_of_one_side_that_share_a_segment_give_the_same_messages() {
    for (registration, sample) in samples().filter(|(_, sample)| over_tcp(sample)) {
        let all = whole(registration, sample).recorder.lines;
        let mut joined: Vec<(Context, Vec<u8>)> = Vec::new();
        for (context, bytes) in sample.turns {
            match joined.last_mut() {
                Some((last, held)) if last == context => held.extend_from_slice(bytes),
                _ => joined.push((*context, bytes.to_vec())),
            }
        }
        let mut feed = Feed::new(registration);
        for (context, bytes) in &joined {
            assert_eq!(
                feed.push(*context, bytes),
                Ok(()),
                "{}",
                title(registration, sample)
            );
        }
        assert_eq!(feed.recorder.lines, all, "{}", title(registration, sample));
    }
}

#[test]
fn a_sample_is_known_by_its_own_protocol_and_claimed_by_no_other() {
    for (registration, sample) in samples() {
        let Some((context, bytes)) = sample.turns.first() else {
            continue;
        };
        let title = title(registration, sample);
        assert_ne!((registration.probe)(*context, bytes), Probe::No, "{title}");
        for other in REGISTRY {
            let carried = match context.carrier {
                Carrier::Tcp => !other.tcp_ports.is_empty(),
                Carrier::Udp => !other.udp_ports.is_empty(),
                Carrier::Ethernet(ether_type) => other.ether_types.contains(&ether_type),
            };
            if carried && other.protocol != registration.protocol {
                let other_says = (other.probe)(*context, bytes);
                assert_ne!(
                    other_says,
                    Probe::Certain,
                    "{title} is claimed by {}",
                    other.protocol
                );
            }
        }
    }
}

#[test]
fn no_turn_of_a_sample_is_claimed_by_another_protocol_that_meets_it_first() {
    let mut claims = Vec::new();
    for (registration, sample) in samples() {
        for (turn, (context, bytes)) in sample.turns.iter().enumerate() {
            let others = REGISTRY.iter().filter(|other| {
                let carried = match context.carrier {
                    Carrier::Tcp => !other.tcp_ports.is_empty(),
                    Carrier::Udp => !other.udp_ports.is_empty(),
                    Carrier::Ethernet(ether_type) => other.ether_types.contains(&ether_type),
                };
                carried && other.protocol != registration.protocol
            });
            for other in others.filter(|other| (other.probe)(*context, bytes) == Probe::Certain) {
                let title = title(registration, sample);
                claims.push(format!("{title}, turn {turn}, is claimed by {}", other.protocol));
            }
        }
    }
    assert!(claims.is_empty(), "{}", claims.join("\n"));
}

#[test]
fn no_two_protocols_share_a_name_and_every_one_is_carried_by_something() {
    let mut names: Vec<_> = REGISTRY
        .iter()
        .map(|registration| registration.protocol.0)
        .collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    for registration in REGISTRY {
        let carriers =
            registration.tcp_ports.len() + registration.udp_ports.len() + registration.ether_types.len();
        assert!(carriers > 0, "{}", registration.protocol);
        assert!(
            !registration.samples.is_empty(),
            "{} has no samples",
            registration.protocol
        );
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[expect(clippy::disallowed_methods, reason = "the test looks at the source tree")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The modules under `src` in which something implements `Session`, by the name of their file or folder.
fn session_modules() -> Vec<String> {
    fn has_session(path: &Path) -> bool {
        if path.is_dir() {
            path.read_dir()
                .unwrap()
                .any(|entry| has_session(&entry.unwrap().path()))
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && read(path)
                    .lines()
                    .any(|line| line.starts_with("impl Session for "))
        }
    }
    let mut modules: Vec<String> = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| has_session(path))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    modules.sort();
    modules
}

#[test]
fn every_module_with_a_session_is_registered() {
    let registry = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/registry.rs"));
    let modules = session_modules();
    for module in &modules {
        assert!(
            registry.contains(&format!("{module}::REGISTRATION")),
            "src/{module} implements Session, but registry.rs has no `{module}::REGISTRATION`"
        );
    }
    assert_eq!(modules.len(), REGISTRY.len(), "{modules:?}");
}

#[test]
fn every_protocol_has_a_fuzz_target_and_a_row_in_the_docs() {
    let manifest = read(&root().join("fuzz/Cargo.toml"));
    let docs = read(&root().join("docs/protocols.md"));
    for registration in REGISTRY {
        let protocol = registration.protocol;
        assert!(
            manifest.contains(&format!("name = \"{protocol}\"")),
            "fuzz/Cargo.toml has no target `{protocol}`"
        );
        let target = read(&root().join(format!("fuzz/fuzz_targets/{protocol}.rs")));
        assert!(
            target.contains(&format!("\"{protocol}\"")),
            "the target feeds another protocol"
        );
        assert!(
            docs.contains(&format!("| `{protocol}` |")),
            "docs/protocols.md has no row `{protocol}`"
        );
        for inner in registration.inner {
            assert!(
                docs.contains(&format!("`{inner}`")),
                "docs/protocols.md doesn't name `{inner}`"
            );
        }
    }
}

/// One change to a sample.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 0u8..8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (
            any::<Index>(),
            prop::sample::select(vec![0x00, 0x01, 0x7f, 0x80, 0xff])
        )
            .prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), 1usize..40).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), 1usize..40).prop_map(|(at, count)| Change::Repeat(at, count)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..20))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn apply(script: &mut Vec<u8>, change: &Change) {
    if script.is_empty() {
        return;
    }
    let length = script.len();
    let range = |at: &Index, count: usize| {
        let start = at.index(length);
        start..(start + count).min(length)
    };
    match change {
        Change::Flip(at, bit) => script[at.index(length)] ^= 1 << bit,
        Change::Set(at, byte) => script[at.index(length)] = *byte,
        Change::Remove(at, count) => drop(script.drain(range(at, *count))),
        Change::Repeat(at, count) => {
            let range = range(at, *count);
            let piece = script[range.clone()].to_vec();
            script.splice(range.start..range.start, piece);
        }
        Change::Insert(at, bytes) => drop(script.splice(range(at, 0), bytes.iter().copied())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn changed_samples_break_no_contract(
        chosen in any::<Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let all: Vec<_> = samples().collect();
        if let Some((registration, sample)) = all.get(chosen.index(all.len().max(1))) {
            let mut script = seed(registration, sample);
            for change in &changes {
                apply(&mut script, change);
            }
            fuzz(registration, &script);
        }
    }

    #[test]
    fn a_stream_gives_the_same_messages_wherever_it_is_cut(
        chosen in any::<Index>(),
        cuts in prop::collection::vec(any::<Index>(), 1..8),
    ) {
        let all: Vec<_> = samples().filter(|(_, sample)| over_tcp(sample)).collect();
        if let Some((registration, sample)) = all.get(chosen.index(all.len().max(1))) {
            let expected = whole(registration, sample).recorder.lines;
            let cut = feed(registration, sample, &|_, bytes| {
                let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len().max(1))).collect();
                places.extend([0, bytes.len()]);
                places.sort_unstable();
                places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
            });
            prop_assert_eq!(cut.recorder.lines, expected, "{}", title(registration, sample));
        }
    }

    #[test]
    fn noise_breaks_no_contract(
        chosen in any::<Index>(),
        script in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        if !REGISTRY.is_empty() {
            fuzz(&REGISTRY[chosen.index(REGISTRY.len())], &script);
        }
    }
}
