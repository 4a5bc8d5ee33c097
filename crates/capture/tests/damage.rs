//! Damage of each kind, made on purpose: what is said of it, and what is still read.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

mod common;

use cofferdam_capture::{
    BUFFER_BYTES, Compression, Interface, MAX_BLOCK, MAX_INTERFACES, MAX_LISTED, Source,
};
use cofferdam_terms::{LinkType, Timestamp, WireText};
use common::encode::{self, Order, Pcap};
use common::{drain, open, open_by_pieces};
use flate2::write::GzEncoder;
use std::io::Write;

const ORDER: Order = Order::Little;

/// A packet that can be told from the others by its first byte, its length and its time.
fn bytes(number: u8) -> Vec<u8> {
    vec![number; 60 + usize::from(number)]
}

fn time(number: u8) -> Timestamp {
    Timestamp::from_secs(1_700_000_000 + i64::from(number))
}

fn record(number: u8) -> Vec<u8> {
    let bytes = bytes(number);
    encode::pcap_record(
        ORDER,
        Pcap::Micros,
        time(number),
        &bytes,
        u32::try_from(bytes.len()).unwrap(),
    )
}

fn pcap(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut file = encode::pcap_header(ORDER, Pcap::Micros, 65_535, LinkType::ETHERNET);
    file.extend(parts.concat());
    file
}

fn enhanced(number: u8) -> Vec<u8> {
    let bytes = bytes(number);
    let ticks = (time(number).nanos() / 1_000) as u64;
    encode::enhanced(ORDER, 0, ticks, &bytes, u32::try_from(bytes.len()).unwrap())
}

fn pcapng(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut file = encode::section(ORDER);
    file.extend(encode::interface(ORDER, LinkType::ETHERNET, 0, &[]));
    file.extend(parts.concat());
    file
}

/// `bytes` with those from `at` overwritten.
fn with(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> Vec<u8> {
    bytes.splice(at..at + new.len(), new.iter().copied());
    bytes
}

/// The numbers of the packets that are read, and what is said of the damage.
#[track_caller]
fn check(file: &[u8], numbers: &[u8], damage: &[&str]) {
    for mut source in [open(file).unwrap(), open_by_pieces(file, 7).unwrap()] {
        let packets = drain(&mut source);
        let read: Vec<u8> = packets
            .iter()
            .map(|packet| packet.bytes.first().copied().unwrap_or(0))
            .collect();
        assert_eq!(read, numbers);
        let said: Vec<String> = source
            .damage()
            .iter()
            .map(|damage| format!("{} {damage}", damage.kind.code()))
            .collect();
        assert_eq!(said, damage);
        assert!(
            source
                .damage()
                .iter()
                .all(|damage| !damage.kind.mend().is_empty())
        );
    }
}

#[test]
fn a_pcap_record_with_an_impossible_length_is_passed_over() {
    check(
        &pcap(&[record(1), with(record(2), 8, &[0xff; 4]), record(3), record(4)]),
        &[1, 3, 4],
        &[
            "impossible-length at byte 101: a record claims 4294967295 bytes, which can't be; \
           78 bytes were passed over",
        ],
    );
}

#[test]
fn a_pcap_record_whose_length_is_wrong_but_possible_costs_itself_alone() {
    // It claims 5,000 bytes of a packet of 62, and no record follows where it would end.
    let mut parts = vec![record(1), with(record(2), 8, &5_000_u32.to_le_bytes())];
    parts.extend((3..90).map(record));
    let rest: Vec<u8> = std::iter::once(1).chain(3..90).collect();
    check(
        &pcap(&parts),
        &rest,
        &[
            "impossible-length at byte 101: a record claims 5000 bytes, which can't be; \
           78 bytes were passed over",
        ],
    );
}

#[test]
fn zeros_that_were_never_written_over_are_no_packets() {
    check(
        &pcap(&[record(1), vec![0; 4096], record(2)]),
        &[1, 2],
        &["zero-filled at byte 101: zeros stand where a record should start; 4096 bytes were passed over"],
    );
    check(
        &pcap(&[record(1), vec![0; 4096]]),
        &[1],
        &["zero-filled at byte 101: zeros stand where a record should start; 4096 bytes were passed over"],
    );
}

#[test]
fn a_capture_cut_short_is_read_to_its_last_whole_record() {
    let cut = |mut file: Vec<u8>, bytes: usize| {
        file.truncate(file.len() - bytes);
        file
    };
    check(
        &cut(pcap(&[record(1), record(2)]), 5),
        &[1],
        &[
            "cut-short at byte 101: the capture ends inside a record, 5 bytes early; 73 bytes were passed over",
        ],
    );
    check(
        &cut(pcap(&[record(1), record(2)]), 70),
        &[1],
        &["cut-short at byte 101: the capture ends inside a record, 8 bytes early; 8 bytes were passed over"],
    );
    check(
        &cut(pcapng(&[enhanced(1), enhanced(2)]), 9),
        &[1],
        &[
            "cut-short at byte 144: the capture ends inside a record, 9 bytes early; 87 bytes were passed over",
        ],
    );
}

#[test]
fn what_real_capture_tools_get_wrong_is_read_without_complaint() {
    // More captured than there was, more captured than the snap length, a fraction of two seconds.
    let more_than_there_was = encode::pcap_record(ORDER, Pcap::Micros, time(2), &bytes(2), 4);
    let late = with(record(3), 4, &2_000_001_u32.to_le_bytes());
    check(
        &pcap(&[record(1), more_than_there_was, late, record(4)]),
        &[1, 2, 3, 4],
        &[],
    );
    for snap_length in [0, 10, u32::MAX] {
        let mut file = encode::pcap_header(ORDER, Pcap::Micros, snap_length, LinkType::ETHERNET);
        file.extend([record(1), record(2), record(3)].concat());
        check(&file, &[1, 2, 3], &[]);
    }
}

#[test]
fn pcap_before_version_2_3_has_its_lengths_the_other_way_round() {
    for (minor, swapped) in [(2, true), (3, true), (3, false), (4, false)] {
        let (captured, original) = (66_u32.to_le_bytes(), 1_500_u32.to_le_bytes());
        let lengths = if swapped {
            [original, captured]
        } else {
            [captured, original]
        };
        let file = pcap(&[with(record(6), 8, &lengths.concat())]);
        let mut source = open(&with(file, 6, &[minor])).unwrap();
        let packets = drain(&mut source);
        assert_eq!(
            (packets[0].bytes.len(), packets[0].original),
            (66, 1_500),
            "2.{minor} {swapped}"
        );
    }
}

#[test]
fn a_pcapng_block_whose_lengths_disagree_is_taken_if_a_block_follows_it() {
    let block = enhanced(2);
    let end = block.len() - 4;
    check(
        &pcapng(&[enhanced(1), with(block, end, &[1, 0, 0, 0]), enhanced(3)]),
        &[1, 2, 3],
        &["length-mismatch at byte 144: a block claims 96 bytes at its start and 1 at its end"],
    );
    check(
        &pcapng(&[enhanced(1), with(enhanced(2), 4, &[100]), enhanced(3)]),
        &[1, 3],
        &[
            "length-mismatch at byte 144: a block claims 100 bytes at its start and 6 at its end; \
           96 bytes were passed over",
        ],
    );
}

#[test]
fn a_pcapng_block_with_an_impossible_length_is_passed_over() {
    for claimed in [0, 8, MAX_BLOCK + 4, u32::MAX] {
        let said = format!(
            "impossible-length at byte 144: a record claims {claimed} bytes, which can't be; \
             96 bytes were passed over"
        );
        check(
            &pcapng(&[
                enhanced(1),
                with(enhanced(2), 4, &claimed.to_le_bytes()),
                enhanced(3),
            ]),
            &[1, 3],
            &[&said],
        );
    }
}

#[test]
fn a_pcapng_packet_longer_than_its_block_or_on_an_unknown_interface_is_passed_over() {
    check(
        &pcapng(&[enhanced(1), with(enhanced(2), 20, &[0xff, 1]), enhanced(3)]),
        &[1, 3],
        &["bad-block at byte 144: a block of type 6 is malformed; 96 bytes were passed over"],
    );
    check(
        &pcapng(&[enhanced(1), with(enhanced(2), 8, &[9]), enhanced(3)]),
        &[1, 3],
        &[
            "unknown-interface at byte 144: a packet names interface 9, which was not described; \
           96 bytes were passed over",
        ],
    );
}

#[test]
fn a_pcapng_section_of_an_unknown_version_is_said_and_its_blocks_are_still_read() {
    let section = with(encode::section(Order::Big), 12, &[0, 9]);
    let packet = encode::enhanced(Order::Big, 0, 0, &[7; 10], 10);
    let interface = encode::interface(Order::Big, LinkType::RAW, 0, &[]);
    check(
        &pcapng(&[enhanced(1), section, interface, packet]),
        &[1, 7],
        &[
            "bad-section at byte 144: a section header has a byte order or version that is not known; \
           28 bytes were passed over",
        ],
    );
}

#[test]
fn pcapng_blocks_without_packets_are_passed_over_and_counted() {
    let mut parts: Vec<Vec<u8>> = [4, 9, 10, 0xbad, 0x4000_0bad, 0xdead]
        .map(|kind| encode::block(ORDER, kind, &[1, 2, 3, 4, 5]))
        .into();
    // Longer than the buffer, and so passed over without being held.
    parts.push(encode::block(ORDER, 0xbad, &vec![0x55; 3 << 20]));
    parts.push(enhanced(1));
    let mut source = open(&pcapng(&parts)).unwrap();
    assert_eq!(drain(&mut source).len(), 1);
    assert_eq!(source.damage(), []);
    assert_eq!(source.summary().other_blocks, 7);
}

#[test]
fn a_block_about_as_long_as_the_buffer_is_read_or_passed_over_whatever_its_lengths_say() {
    for kind in [6, 10] {
        for length in (BUFFER_BYTES - 32..=BUFFER_BYTES + 32).step_by(4) {
            let long = encode::block(ORDER, kind, &vec![0; length - 12]);
            let wrong = with(long.clone(), length - 4, &[1, 2, 3, 4]);
            for block in [long, wrong] {
                let mut source = open(&pcapng(&[block, enhanced(1)])).unwrap();
                let packets = drain(&mut source);
                assert_eq!(
                    packets.last().map(|packet| packet.bytes.clone()),
                    Some(bytes(1)),
                    "{kind} {length}"
                );
            }
        }
    }
}

#[test]
fn interfaces_are_counted_through_sections_each_with_its_own_clock_name_and_drops() {
    let order = Order::Big;
    let options = [
        encode::option(order, 2, b"eth\x1b0"),
        encode::option(order, 9, &[9]),
        encode::option(order, 14, &order.u64(1_000)),
        encode::option(order, 0, &[]),
    ];
    let mut drops = order.u32(1).to_vec();
    drops.extend([0; 8]);
    drops.extend(encode::option(order, 5, &order.u64(40)));
    drops.extend(encode::option(order, 7, &order.u64(2)));
    let file = pcapng(&[
        enhanced(1),
        encode::section(order),
        encode::interface(order, LinkType::RAW, 0, &[]),
        encode::interface(order, LinkType::LINUX_SLL, 96, &options.concat()),
        encode::enhanced(order, 1, 5_000_000_007, &[2; 4], 4),
        encode::block(order, 5, &drops),
    ]);
    let mut source = open(&file).unwrap();
    let packets = drain(&mut source);
    assert_eq!(source.damage(), []);
    assert_eq!(
        (packets[0].interface, packets[0].link, packets[0].time),
        (0, LinkType::ETHERNET, time(1))
    );
    let second = &packets[1];
    assert_eq!((second.interface, second.link), (2, LinkType::LINUX_SLL));
    assert_eq!(second.time, Timestamp::from_nanos(1_005_000_000_007));
    let [_, _, last] = source.summary().interfaces else {
        panic!()
    };
    let wanted = Interface {
        link: LinkType::LINUX_SLL,
        name: Some(WireText::from_wire(b"eth\x1b0")),
        snap_length: 96,
        dropped: Some(42),
    };
    assert_eq!(*last, wanted);
}

#[test]
fn a_simple_packet_is_cut_to_the_snap_length_and_has_the_time_of_the_one_before() {
    let file = [
        encode::section(ORDER),
        encode::interface(ORDER, LinkType::ETHERNET, 64, &[]),
        enhanced(1),
        encode::simple(ORDER, &[9; 64], 1_500),
        encode::simple(ORDER, &[8; 33], 33),
    ];
    let mut source = open(&file.concat()).unwrap();
    let packets = drain(&mut source);
    assert_eq!(
        (packets[1].bytes.len(), packets[1].original, packets[1].time),
        (64, 1_500, time(1))
    );
    assert_eq!((packets[2].bytes.len(), packets[2].original), (33, 33));
    assert_eq!((source.damage(), source.summary().untimed), (&[][..], 2));
}

#[test]
fn hostile_numbers_of_interfaces_and_damaged_places_are_bounded_and_counted() {
    let one = encode::interface(ORDER, LinkType::ETHERNET, 0, &[]);
    let extra = MAX_LISTED + 10;
    let file = pcapng(&vec![one; MAX_INTERFACES as usize - 1 + extra]);
    let mut source = open(&file).unwrap();
    assert_eq!(drain(&mut source), []);
    assert_eq!(source.summary().interfaces.len(), MAX_INTERFACES as usize);
    assert_eq!(
        (source.damage().len(), source.damage_unlisted()),
        (MAX_LISTED, 10)
    );
}

#[test]
fn a_packed_capture_that_is_cut_or_corrupt_is_read_as_far_as_it_unpacks() {
    // More than one zstd block, the least that is unpacked at once.
    let records: Vec<Vec<u8>> = (0..3_000).map(|_| record(100)).collect();
    let file = pcap(&records);
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::none());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |bytes: &[u8]| {
        ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Uncompressed)
    };
    for (how, packed) in [(Compression::Gzip, gzip(&file)), (Compression::Zstd, zstd(&file))] {
        let read = |packed: &[u8]| -> (usize, Vec<&'static str>, Source) {
            let mut source = open(packed).unwrap();
            assert_eq!(source.summary().compression, Some(how));
            let count = drain(&mut source).len();
            let codes = source.damage().iter().map(|damage| damage.kind.code()).collect();
            (count, codes, source)
        };
        assert_eq!(read(&packed).0, records.len(), "{how}");
        assert_eq!(read(&packed).1, [""; 0], "{how}");

        // Two one after the other are one stream, as `cat` makes them.
        let halves = file.split_at(5_000);
        let twice = match how {
            Compression::Gzip => [gzip(halves.0), gzip(halves.1)].concat(),
            Compression::Zstd => {
                let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3][..]].concat();
                [skippable.clone(), zstd(halves.0), skippable, zstd(halves.1)].concat()
            }
        };
        assert_eq!(read(&twice).0, records.len(), "{how}");
        assert_eq!(read(&twice).1, [""; 0], "{how}");

        let (count, codes, _) = read(&packed[..packed.len() - 3_000]);
        assert!(count < records.len(), "{how}");
        assert!(codes.contains(&"compressed-cut-short"), "{how}: {codes:?}");

        // A second stream that is none: all of the first is read.
        let (count, codes, _) = read(&[&packed[..], b"rubbish that is long enough"].concat());
        assert_eq!(
            (count, codes),
            (records.len(), vec!["compressed-corrupt"]),
            "{how}"
        );
    }
}
