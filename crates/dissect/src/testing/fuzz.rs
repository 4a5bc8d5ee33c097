//! One fuzz target for every protocol: the input is a script of turns.
//!
//! A turn is a control byte, a length (16 bits, little endian) and as many bytes. Of the control byte, bits 0 and 1
//! choose the carrier among those that the protocol has, bit 2 the side, bit 3 lets a gap go before the turn, and the
//! upper four bits cut it into segments of that many bytes (0: one segment). So a fuzzer's flips change who speaks and
//! where segments end as well as what is said.

use super::Feed;
use crate::registry::{Registration, Sample};
use crate::session::{Carrier, Context, Side};

const CARRIER: u8 = 0x03;
const RESPONDER: u8 = 0x04;
const GAP: u8 = 0x08;

/// Runs a script against a protocol.
///
/// # Panics
/// When the dissector breaks its contract: that is what a fuzzer is to find.
pub fn fuzz(registration: &'static Registration, script: &[u8]) {
    let mut feed = Feed::new(registration);
    let mut script = script;
    while let [control, l0, l1, rest @ ..] = script {
        let length = usize::from(u16::from_le_bytes([*l0, *l1])).min(rest.len());
        let (turn, rest) = rest.split_at(length);
        script = rest;
        let context = context(registration, *control);
        let _probe = (registration.probe)(context, turn);
        if control & GAP != 0 {
            feed.gap(context.side);
        }
        let segment = match (context.carrier, control >> 4) {
            (Carrier::Udp | Carrier::Ethernet(_), _) | (Carrier::Tcp, 0) => turn.len().max(1),
            (Carrier::Tcp, size) => size.into(),
        };
        for segment in turn.chunks(segment) {
            let fed = feed.push(context, segment);
            assert_eq!(fed, Ok(()), "{} broke its contract", registration.protocol);
        }
    }
}

/// A sample as a script, for the corpus.
#[must_use]
pub fn seed(registration: &Registration, sample: &Sample) -> Vec<u8> {
    let carriers = carriers(registration);
    let mut script = Vec::new();
    for (context, bytes) in sample.turns {
        let index = carriers
            .iter()
            .position(|(carrier, _)| *carrier == context.carrier)
            .unwrap_or_default();
        let side = match context.side {
            Side::Initiator => 0,
            Side::Responder => RESPONDER,
        };
        for piece in bytes.chunks(u16::MAX.into()) {
            script.push(u8::try_from(index).unwrap_or_default() & CARRIER | side);
            script.extend(u16::try_from(piece.len()).unwrap_or(u16::MAX).to_le_bytes());
            script.extend_from_slice(piece);
        }
    }
    script
}

fn context(registration: &Registration, control: u8) -> Context {
    let carriers = carriers(registration);
    let index = usize::from(control & CARRIER) % carriers.len().max(1);
    let (carrier, port) = carriers.get(index).copied().unwrap_or((Carrier::Tcp, 0));
    Context {
        side: if control & RESPONDER == 0 {
            Side::Initiator
        } else {
            Side::Responder
        },
        carrier,
        port,
    }
}

/// What the protocol is carried on, with the first port of each.
fn carriers(registration: &Registration) -> Vec<(Carrier, u16)> {
    let tcp = registration.tcp_ports.first().map(|port| (Carrier::Tcp, *port));
    let udp = registration.udp_ports.first().map(|port| (Carrier::Udp, *port));
    let ethernet = registration
        .ether_types
        .iter()
        .map(|ether_type| (Carrier::Ethernet(*ether_type), 0));
    tcp.into_iter().chain(udp).chain(ethernet).collect()
}
