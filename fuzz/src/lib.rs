//! What is fuzzed: every parser that takes bytes from outside. One function for each target, by name, so that the
//! coverage-guided targets and the smoke test run the same code.
#![forbid(unsafe_code)]

mod capture;
mod import;
pub mod mend;
mod netflow;

pub use capture::capture;
pub use import::import;
pub use netflow::netflow;

use cofferdam_dissect::frame::{self, Network, Transport};
use cofferdam_dissect::{REGISTRY, testing};
use cofferdam_terms::LinkType;

/// One thing to fuzz.
pub struct Target {
    /// Its name, the same as the file's under `fuzz_targets`.
    pub name: &'static str,
    /// Takes one input. Panics when something is wrong.
    pub run: Box<dyn Fn(&[u8])>,
    /// Inputs to start from.
    pub seeds: Vec<Vec<u8>>,
}

/// Every target: the capture reader, the frame decoder, the inventory readers, exports of flows, each registered protocol, and DNP3 behind its CRCs.
#[must_use]
pub fn targets() -> Vec<Target> {
    let frame = Target {
        name: "frame",
        run: Box::new(frame),
        seeds: frame_seeds(),
    };
    let protocols = REGISTRY.iter().map(|registration| Target {
        name: registration.protocol.0,
        run: Box::new(|script| testing::fuzz(registration, script)),
        seeds: registration
            .samples
            .iter()
            .map(|sample| testing::seed(registration, sample))
            .collect(),
    });
    let mut targets: Vec<Target> = [capture::target(), frame, import::target(), netflow::target()]
        .into_iter()
        .chain(protocols)
        .collect();
    targets.extend(dnp3_mended());
    targets
}

/// DNP3 with every CRC put right, so that changes reach what is inside the frames.
fn dnp3_mended() -> Option<Target> {
    let dnp3 = REGISTRY
        .iter()
        .find(|registration| registration.protocol.0 == "dnp3")?;
    Some(Target {
        name: "dnp3-mended",
        run: Box::new(|script| testing::fuzz(dnp3, &mend::script(script))),
        seeds: dnp3
            .samples
            .iter()
            .map(|sample| testing::seed(dnp3, sample))
            .collect(),
    })
}

/// Runs a protocol's target by its name.
///
/// # Panics
/// When no such protocol is registered, and when its dissector breaks its contract.
pub fn protocol(name: &str, script: &[u8]) {
    let registration = REGISTRY
        .iter()
        .find(|registration| registration.protocol.0 == name)
        .unwrap_or_else(|| panic!("`{name}` is not registered"));
    testing::fuzz(registration, script);
}

/// The link types that are read, and one that is not.
const LINKS: [u16; 10] = [0, 1, 12, 101, 108, 113, 228, 229, 276, 105];

/// Decodes a frame. The first byte chooses the link type, the second how many bytes the snap length cut off.
///
/// # Panics
/// When the result lies outside the frame.
pub fn frame(input: &[u8]) {
    let [link, cut, bytes @ ..] = input else {
        return;
    };
    let link = LINKS
        .get(usize::from(*link) % LINKS.len())
        .copied()
        .unwrap_or_default();
    let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let frame = frame::decode(LinkType(link), bytes, captured.saturating_add(u32::from(*cut)));
    assert!(usize::from(frame.tunnels) <= frame::MAX_TUNNELS);
    if let Some(damage) = frame.damage {
        assert!(damage.offset <= bytes.len(), "{damage:?}");
    }
    match frame.network {
        Network::Unread => assert!(frame.damage.is_some()),
        Network::Ethernet { payload, .. } => assert!(payload.len() <= bytes.len()),
        Network::Ip(packet) => match packet.transport {
            Transport::Tcp(segment) => assert!(segment.cut <= u32::from(*cut)),
            Transport::Udp { .. } => {}
            Transport::Fragment(piece) => {
                assert!(packet.fragment.is_some());
                let _transport = frame::decode_transport(packet.protocol, piece);
            }
            Transport::Other(rest) => assert!(rest.len() <= bytes.len()),
        },
    }
}

/// A frame of each kind, to start from.
fn frame_seeds() -> Vec<Vec<u8>> {
    let ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    let udp = [0x0f, 0xa0, 0x00, 0x35, 0x00, 0x09, 0, 0, 0x78];
    let v4 = |protocol: u8, carried: &[u8]| {
        let [l0, l1] = u16::try_from(20 + carried.len())
            .unwrap_or(u16::MAX)
            .to_be_bytes();
        let header = [
            0x45, 0, l0, l1, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        ];
        [&header[..], carried].concat()
    };
    let framed = |ether_type: [u8; 2], carried: &[u8]| [&ethernet[..], &ether_type, carried].concat();
    let inner = framed([0x08, 0x00], &v4(17, &udp));
    let tcp = [
        0x0f, 0xa0, 0x01, 0xf6, 0, 0, 0, 7, 0, 0, 0, 9, 0x50, 0x18, 0x10, 0, 0, 0, 0, 0,
    ];
    let erspan_ii = [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 7, 8, 1, 0, 0, 0, 0];
    let erspan_iii = [
        0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 7, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0,
    ];
    let vxlan = [0x0f, 0xa0, 0x12, 0xb5, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 5, 0];
    let mut v6 = vec![0x60, 0, 0, 0, 0, 25, 0, 64];
    v6.extend([0xfd; 32]);
    v6.extend([44, 0, 1, 4, 0, 0, 0, 0]); // hop by hop
    v6.extend([17, 0, 0, 0, 0, 0, 0, 1]); // fragment
    v6.extend(udp);
    let frames = [
        framed([0x08, 0x00], &v4(6, &tcp)),
        framed([0x81, 0x00], &[&[0, 5, 0x08, 0x00], &v4(17, &udp)[..]].concat()),
        framed([0x86, 0xdd], &v6),
        framed([0x89, 0x2f], &[0x10, 10, 0, 1, 0x88, 0xb8, 1, 2, 3, 4]),
        framed([0x88, 0xb8], &[1, 2, 3, 4, 0, 1, 0xa0, 10, 0x88, 0xfb]),
        framed([0, 10], &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x06, 9, 9]),
        framed([0x08, 0x00], &v4(47, &[&erspan_ii[..], &inner].concat())),
        framed([0x08, 0x00], &v4(47, &[&erspan_iii[..], &inner].concat())),
        framed([0x08, 0x00], &v4(17, &[&vxlan[..], &inner].concat())),
        framed([0x08, 0x00], &v4(4, &v4(41, &v6))),
    ];
    let on_ethernet = frames.into_iter().map(|frame| [&[1, 0][..], &frame].concat());
    let raw = [&[3, 0][..], &v4(17, &udp)].concat();
    on_ethernet.chain([raw]).collect()
}
