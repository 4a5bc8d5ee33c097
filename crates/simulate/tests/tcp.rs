//! TCP as both ends speak it: whatever the network does, sequence numbers tell one consistent stream each way.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helper may fail the test"
)]

mod common;

use cofferdam_simulate::{Settings, Trouble};
use common::{hours, march, run, seen};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

type Way = (Ipv4Addr, u16, Ipv4Addr, u16);

/// What one end has said so far.
#[derive(Default)]
struct Said {
    first: u32,
    /// Bytes by their place in the stream, filled in any order.
    bytes: Vec<Option<u8>>,
    acknowledged: u32,
    is_closed: bool,
}

/// How often something unusual was met.
#[derive(Default)]
struct Met {
    connections: u64,
    again: u64,
    gaps: u64,
    resets: u64,
    closed: u64,
}

fn check(settings: Settings) -> Met {
    let mut ways: BTreeMap<Way, Said> = BTreeMap::new();
    let mut met = Met::default();
    run(settings, |number, frame| {
        let Some(ip) = seen(frame).ip.filter(|ip| ip.protocol == 6) else {
            return;
        };
        let way = (ip.source, ip.ports.0, ip.destination, ip.ports.1);
        let back = (ip.destination, ip.ports.1, ip.source, ip.ports.0);
        let word = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
        let (sequence, acknowledgement) = (word(42), word(46));
        if ip.flags & SYN != 0 {
            met.connections += u64::from(ip.flags & ACK == 0);
            let said = Said {
                first: sequence.wrapping_add(1),
                ..Said::default()
            };
            ways.insert(way, said);
        }
        // Connections that are older than the capture, and refused ones, have nothing to compare.
        let Some(heard) = ways
            .get(&back)
            .map(|said| (said.first, said.bytes.len(), said.is_closed))
        else {
            return;
        };
        let Some(said) = ways.get_mut(&way) else {
            return;
        };
        if ip.flags & SYN == 0 && ip.flags & RST == 0 {
            let (first, length, is_closed) = heard;
            let upto = acknowledgement.wrapping_sub(first);
            let most = u32::try_from(length).unwrap() + u32::from(is_closed);
            assert!(upto <= most, "frame {number} acknowledges byte {upto} of {most}");
            assert!(
                upto >= said.acknowledged,
                "frame {number} takes an acknowledgement back"
            );
            said.acknowledged = upto;
        }
        let start = usize::try_from(sequence.wrapping_sub(said.first)).unwrap_or(usize::MAX);
        for (place, byte) in (start..).zip(ip.payload) {
            if place >= said.bytes.len() {
                met.gaps += u64::from(place > said.bytes.len());
                said.bytes.resize(place + 1, None);
            }
            match said.bytes[place] {
                Some(before) => {
                    assert_eq!(before, *byte, "frame {number} says another byte at {place}");
                    met.again += 1;
                }
                None => said.bytes[place] = Some(*byte),
            }
        }
        if ip.flags & FIN != 0 {
            said.is_closed = true;
            met.closed += 1;
        }
        met.resets += u64::from(ip.flags & RST != 0);
    });
    for ((source, port, destination, to), said) in &ways {
        let holes = said.bytes.iter().filter(|byte| byte.is_none()).count();
        let way = format!("{source}:{port} to {destination}:{to}");
        assert!(
            holes == 0 || met.gaps > 0,
            "{way} has {holes} bytes that nobody said"
        );
    }
    met
}

#[test]
fn a_faultless_network_shows_every_byte_once_and_in_order() {
    for seed in 1..4 {
        let met = check(Settings {
            seed,
            ..hours(march(26, 8, 30), 3)
        });
        assert_eq!((met.again, met.gaps, met.resets), (0, 0, 0));
        assert!(
            met.connections > 30 && met.closed > 20,
            "{} opened, {} closed",
            met.connections,
            met.closed
        );
    }
}

#[test]
fn each_trouble_shows_as_what_it_is() {
    let often = 30_000;
    for (trouble, is_it) in [
        (
            Trouble {
                retransmitted: often,
                ..Trouble::NONE
            },
            (|met: &Met| met.again > 0 && met.gaps == 0 && met.resets == 0) as fn(&Met) -> bool,
        ),
        (
            Trouble {
                reordered: often,
                ..Trouble::NONE
            },
            |met| met.again == 0 && met.gaps > 0 && met.resets == 0,
        ),
        (
            Trouble {
                reset: often,
                ..Trouble::NONE
            },
            |met| met.again == 0 && met.gaps == 0 && met.resets > 0,
        ),
    ] {
        let met = check(Settings {
            trouble,
            ..hours(march(26, 8, 30), 2)
        });
        let told = (met.again, met.gaps, met.resets);
        assert!(is_it(&met), "{trouble:?}: {told:?}");
    }
}
