//! What the capture could not see, and what to do about it: a sentence each, with its numbers.

use crate::counted::{counted, was};
use crate::ledger::OneWay;
use crate::record::{Coverage, ObservedAsset};
use cofferdam_terms::MacAddr;

/// Fewer clock hours than this say little of a plant's rhythm: a week.
const WEEK_HOURS: u64 = 7 * 24;
/// The most routers that are named.
const MAX_ROUTERS: usize = 5;

/// Advice, the most telling first.
pub(crate) fn advice(coverage: &Coverage, one_way: OneWay, assets: &[ObservedAsset]) -> Vec<String> {
    if coverage.packets == 0 {
        return vec![
            "The capture has no packets: check that the mirror port is on and the sensor's interface is up."
                .to_owned(),
        ];
    }
    [
        not_understood(coverage),
        half_mirrored(one_way),
        missed(coverage),
        evicted(coverage),
        silent(coverage),
        hours(coverage),
        odd_ports(coverage),
    ]
    .into_iter()
    .flatten()
    .chain(routers(coverage, assets))
    .collect()
}

fn not_understood(coverage: &Coverage) -> Option<String> {
    let all: u64 = coverage.not_understood.iter().map(|(_, count, _)| count).sum();
    let (reason, _, packet) = coverage
        .not_understood
        .iter()
        .max_by_key(|(_, count, _)| *count)?;
    Some(format!(
        "{all} of {} {} not understood, most of them for `{reason}` (first packet {packet}): nothing is known \
         of what they carried.",
        counted(coverage.packets, "packet"),
        was(all),
    ))
}

fn half_mirrored(one_way: OneWay) -> Option<String> {
    (one_way.half_mirrored > 0).then(|| {
        format!(
            "Of {} one way alone was seen although the other end answered: mirror both directions of the port, or both \
             legs of the redundant path.",
            counted(one_way.half_mirrored, "connection")
        )
    })
}

fn missed(coverage: &Coverage) -> Option<String> {
    (coverage.missed_bytes > 0).then(|| {
        format!(
            "{} of streams {} missing from the capture: the mirror port or the sensor dropped packets, or the \
             snap length is too short. Mirror fewer ports to one sensor, and capture whole packets.",
            counted(coverage.missed_bytes, "byte"),
            if coverage.missed_bytes == 1 { "is" } else { "are" }
        )
    })
}

fn evicted(coverage: &Coverage) -> Option<String> {
    let named: Vec<String> = coverage
        .evicted
        .iter()
        .map(|(ceiling, count)| format!("{ceiling} {count}"))
        .collect();
    (!named.is_empty()).then(|| {
        format!(
            "Ceilings were reached, and the oldest entries given up: {}. Give the observer more memory, or the capture \
             in parts.",
            named.join(", ")
        )
    })
}

fn silent(coverage: &Coverage) -> Option<String> {
    (coverage.silent_addresses > 0).then(|| {
        format!(
            "{} {} spoken to and never seen to speak: switched off, not there at all, or where this sensor does not hear \
             it. What never spoke is not in the inventory.",
            counted(coverage.silent_addresses, "address"),
            was(coverage.silent_addresses)
        )
    })
}

fn hours(coverage: &Coverage) -> Option<String> {
    (coverage.hours_seen < WEEK_HOURS).then(|| {
        format!(
            "Packets were seen in {}: a baseline wants at least a week ({WEEK_HOURS}), and a month for what \
             happens monthly, such as calibrations and backups.",
            counted(coverage.hours_seen, "clock hour"),
        )
    })
}

fn odd_ports(coverage: &Coverage) -> Option<String> {
    let named: Vec<String> = coverage
        .odd_ports
        .iter()
        .map(|(protocol, transport, port, _)| format!("{protocol} on {transport} port {port}"))
        .collect();
    (!named.is_empty()).then(|| {
        format!(
            "Protocols run on ports that are not theirs, where a rule by port would not find them: {}.",
            named.join(", ")
        )
    })
}

/// Where the next sensor belongs: behind the routers that hide most.
fn routers(coverage: &Coverage, assets: &[ObservedAsset]) -> Vec<String> {
    let mut routers: Vec<(MacAddr, u64)> = coverage.behind_routers.clone();
    routers.sort_by_key(|(mac, hidden)| (u64::MAX - hidden, *mac));
    routers
        .into_iter()
        .take(MAX_ROUTERS)
        .map(|(mac, hidden)| {
            let name = assets
                .iter()
                .find(|asset| asset.endpoints.iter().any(|(end, _)| end.mac == Some(mac)))
                .map(|asset| asset.key.as_str())
                .filter(|key| *key != mac.to_string())
                .map_or_else(|| mac.to_string(), |key| format!("{key} ({mac})"));
            format!(
                "{} {} seen only through the router {name}: a sensor behind it would see their own addresses and what \
                 they say to each other.",
                counted(hidden, "host"),
                was(hidden),
            )
        })
        .collect()
}
