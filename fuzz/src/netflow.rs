//! Any bytes as exports of flows.

use crate::Target;
use cofferdam_observe::{FlowRecord, NetflowImport, Settings};

pub(crate) fn target() -> Target {
    Target {
        name: "netflow",
        run: Box::new(netflow),
        seeds: seeds(),
    }
}

/// Reads bytes as a file of datagrams, and as one datagram that comes twice.
///
/// # Panics
/// When there are more connections than records that told of them.
pub fn netflow(bytes: &[u8]) {
    let mut flows: Vec<FlowRecord> = Vec::new();
    let mut import = NetflowImport::new(Settings::new("file"));
    import.file(bytes, &mut flows);
    let imported = import.finish(&mut flows);
    assert!(flows.len() as u64 <= imported.records);
    let mut import = NetflowImport::new(Settings::new("datagrams"));
    let from = Some(std::net::IpAddr::from([10, 0, 0, 1]));
    import.datagram(from, bytes, &mut flows);
    import.datagram(from, bytes, &mut flows);
    assert_eq!(import.finish(&mut flows).datagrams, 2);
}

/// One of each version: a flow of version 5; templates with data, and options, of the others.
fn seeds() -> Vec<Vec<u8>> {
    let words = |numbers: &[u16]| -> Vec<u8> { numbers.iter().flat_map(|number| number.to_be_bytes()).collect() };
    let v5 = [words(&[5, 1, 0, 9, 0x6900, 0, 0, 0, 0, 0, 0, 0]), vec![1; 48]].concat();
    let fields = [8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 2, 4];
    let data = [words(&[300, 4 + 21]), vec![7; 21]].concat();
    let v9 = [
        words(&[9, 2, 0, 9, 0x6900, 0, 0, 0, 0, 1]),
        words(&[&[0, 36, 300, 7], &fields[..]].concat()),
        words(&[1, 18, 500, 4, 8, 1, 4, 34, 4]),
        data.clone(),
    ]
    .concat();
    let sets = [
        words(&[&[2, 44, 300, 8], &fields[..], &[96, 0xffff, 2 | 0x8000, 4]].concat()),
        words(&[0, 29_305]),
        data,
    ]
    .concat();
    let length = u16::try_from(16 + sets.len()).unwrap_or(u16::MAX);
    let ipfix = [words(&[10, length, 0x6900, 0, 0, 0, 0, 1]), sets].concat();
    vec![v5, v9, ipfix]
}
