//! What holds for any packets in any form, and for any damage to them.
#![expect(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

mod common;

use cofferdam_capture::{MAX_PACKET, PcapWriter, Resolution};
use cofferdam_terms::{LinkType, Timestamp};
use common::encode::{self, Order, Pcap};
use common::{Owned, drain, drain_buffers, open, open_by_pieces};
use proptest::prelude::*;

/// Packets of one capture: times in order of days, lengths from none, some cut by a snap length.
fn packets() -> impl Strategy<Value = Vec<Owned>> {
    let packet = (
        0_i64..40 * 86_400 * 1_000_000_000,
        prop::collection::vec(any::<u8>(), 0..300),
        prop_oneof![Just(0_u32), 0_u32..3_000],
    );
    prop::collection::vec(packet, 1..40).prop_map(|packets| {
        packets
            .into_iter()
            .map(|(nanos, bytes, cut)| Owned {
                time: Timestamp::from_nanos(1_700_000_000_000_000_000 + nanos),
                link: LinkType::ETHERNET,
                interface: 0,
                original: u32::try_from(bytes.len()).unwrap() + cut,
                bytes,
            })
            .collect()
    })
}

/// A way to write packets.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// By this crate's own writer.
    Ours(Resolution),
    /// pcap.
    Pcap(Order, Pcap),
    /// pcapng with one section and interface, and an if_tsresol option.
    PcapNg(Order, u8),
    /// pcapng with obsolete packet blocks.
    Obsolete(Order),
}

fn forms() -> impl Strategy<Value = Form> {
    let orders = || prop_oneof![Just(Order::Little), Just(Order::Big)];
    prop_oneof![
        prop_oneof![Just(Resolution::Micros), Just(Resolution::Nanos)].prop_map(Form::Ours),
        (
            orders(),
            prop_oneof![Just(Pcap::Micros), Just(Pcap::Nanos), Just(Pcap::Modified)]
        )
            .prop_map(|(order, form)| Form::Pcap(order, form)),
        (orders(), 6_u8..=10).prop_map(|(order, resolution)| Form::PcapNg(order, resolution)),
        orders().prop_map(Form::Obsolete),
    ]
}

impl Form {
    /// How many nanoseconds the form's times are multiples of.
    fn tick(self) -> i64 {
        match self {
            Self::Ours(Resolution::Nanos) | Self::Pcap(_, Pcap::Nanos) => 1,
            Self::Ours(Resolution::Micros)
            | Self::Pcap(_, Pcap::Micros | Pcap::Modified)
            | Self::Obsolete(_) => 1_000,
            Self::PcapNg(_, resolution) => 10_i64.pow(u32::from(9_u8.saturating_sub(resolution))),
        }
    }

    /// The file, and where each packet's record ends in it.
    fn write(self, packets: &[Owned]) -> (Vec<u8>, Vec<usize>) {
        let mut ends = Vec::new();
        let mut file = match self {
            Self::Ours(resolution) => {
                let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, resolution).unwrap();
                let mut at = 24;
                for packet in packets {
                    writer.write(packet.time, &packet.bytes, packet.original).unwrap();
                    at += 16 + packet.bytes.len();
                    ends.push(at);
                }
                return (writer.finish().unwrap(), ends);
            }
            Self::Pcap(order, form) => encode::pcap_header(order, form, 0, LinkType::ETHERNET),
            Self::PcapNg(order, _) | Self::Obsolete(order) => encode::section(order),
        };
        match self {
            Self::PcapNg(order, resolution) => {
                let options = encode::option(order, 9, &[resolution]);
                file.extend(encode::interface(order, LinkType::ETHERNET, 0, &options));
            }
            Self::Obsolete(order) => file.extend(encode::interface(order, LinkType::ETHERNET, 0, &[])),
            Self::Ours(_) | Self::Pcap(..) => {}
        }
        for Owned {
            time,
            bytes,
            original,
            ..
        } in packets
        {
            let nanos = u64::try_from(time.nanos()).unwrap();
            file.extend(match self {
                Self::Ours(_) => Vec::new(),
                Self::Pcap(order, form) => encode::pcap_record(order, form, *time, bytes, *original),
                Self::PcapNg(order, resolution @ 0..=9) => {
                    let ticks = nanos / 10_u64.pow(9 - u32::from(resolution));
                    encode::enhanced(order, 0, ticks, bytes, *original)
                }
                Self::PcapNg(order, resolution) => {
                    let ticks = nanos * 10_u64.pow(u32::from(resolution) - 9);
                    encode::enhanced(order, 0, ticks, bytes, *original)
                }
                Self::Obsolete(order) => encode::obsolete(order, 0, nanos / 1_000, bytes, *original),
            });
            ends.push(file.len());
        }
        (file, ends)
    }

    /// The packets as this form can hold them.
    fn rounded(self, packets: &[Owned]) -> Vec<Owned> {
        let tick = self.tick();
        let round = |packet: &Owned| Owned {
            time: Timestamp::from_nanos(packet.time.nanos() / tick * tick),
            ..packet.clone()
        };
        packets.iter().map(round).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn buffers_hold_the_packets_that_come_one_by_one(
        packets in packets(), form in forms(), size in 1_usize..3000,
        flip in prop::option::of((any::<prop::sample::Index>(), 1_u8..)),
    ) {
        let (mut file, _) = form.write(&packets);
        if let Some((at, value)) = flip {
            let at = at.index(file.len().saturating_sub(64).max(1)) + 64;
            if let Some(byte) = file.get_mut(at) {
                *byte ^= value;
            }
        }
        let (Ok(mut one_by_one), Ok(mut buffers)) = (open(&file), open_by_pieces(&file, size)) else {
            return Ok(());
        };
        prop_assert_eq!(drain_buffers(&mut buffers), drain(&mut one_by_one));
        prop_assert_eq!(buffers.damage(), one_by_one.damage());
    }

    #[test]
    fn any_packets_read_back_as_they_were_written(packets in packets(), form in forms()) {
        let (file, _) = form.write(&packets);
        let mut source = open(&file).unwrap();
        prop_assert_eq!(drain(&mut source), form.rounded(&packets));
        prop_assert_eq!(source.damage(), []);
    }

    #[test]
    fn any_prefix_of_a_file_gives_the_packets_that_are_whole_in_it_and_says_what_is_cut(
        packets in packets(), form in forms(), cut in any::<prop::sample::Index>()
    ) {
        let (file, ends) = form.write(&packets);
        let cut = cut.index(file.len() + 1);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        if let Ok(mut source) = open(&file[..cut]) {
            let wanted = form.rounded(&packets);
            prop_assert_eq!(&drain(&mut source)[..], &wanted[..whole]);
            // Cut between records, nothing shows; cut within one, its offset is said.
            if !ends.contains(&cut) && whole > 0 {
                prop_assert_eq!(source.damage().len(), 1);
                prop_assert_eq!(source.damage()[0].offset, ends[whole - 1] as u64);
            }
        } else {
            prop_assert_eq!(whole, 0);
        }
    }

    #[test]
    fn flipped_bytes_never_panic_and_never_give_more_bytes_than_the_file_has(
        packets in packets(), form in forms(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=u8::MAX), 1..12)
    ) {
        let (mut file, _) = form.write(&packets);
        for (at, mask) in flips {
            let at = at.index(file.len());
            file[at] ^= mask;
        }
        if let Ok(mut source) = open(&file) {
            let given: usize = drain(&mut source).iter().map(|packet| packet.bytes.len()).sum();
            prop_assert!(given <= file.len());
            for damage in source.damage() {
                prop_assert!(damage.offset + damage.length <= file.len() as u64, "{damage}");
            }
        }
    }

    #[test]
    fn the_sizes_in_which_bytes_arrive_make_no_difference(
        packets in packets(), form in forms(), size in 1_usize..200,
        flip in any::<prop::sample::Index>(), mask in any::<u8>()
    ) {
        let (mut file, _) = form.write(&packets);
        let at = flip.index(file.len());
        file[at] ^= mask;
        match (open(&file), open_by_pieces(&file, size)) {
            (Ok(mut at_once), Ok(mut by_pieces)) => {
                prop_assert_eq!(drain(&mut by_pieces), drain(&mut at_once));
                prop_assert_eq!(by_pieces.damage(), at_once.damage());
            }
            (Err(at_once), Err(by_pieces)) => {
                prop_assert_eq!(by_pieces.to_string(), at_once.to_string());
            }
            (at_once, by_pieces) => prop_assert!(false, "{at_once:?} but {by_pieces:?}"),
        }
    }

    #[test]
    fn rubbish_between_records_costs_no_other_packet(
        packets in packets(), form in forms(), after in any::<prop::sample::Index>(),
        rubbish in prop::collection::vec(0xc0..=u8::MAX, 4..400)
    ) {
        // Bytes from 0xc0 up can be neither a length nor a block type of any byte order.
        let packets: Vec<Owned> = packets.into_iter().filter(|packet| !packet.bytes.is_empty()).collect();
        prop_assume!(!packets.is_empty());
        let (file, ends) = form.write(&packets);
        let after = ends[after.index(ends.len())];
        let mut damaged = file[..after].to_vec();
        damaged.extend(&rubbish);
        damaged.extend(&file[after..]);
        let mut source = open(&damaged).unwrap();
        prop_assert_eq!(drain(&mut source), form.rounded(&packets));
        prop_assert_eq!(source.damage().len(), 1);
        prop_assert_eq!(source.damage()[0].offset, after as u64);
        prop_assert_eq!(source.damage()[0].length, rubbish.len() as u64);
    }

    #[test]
    fn any_bytes_after_a_good_start_end(form in forms(), bytes in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let (mut file, _) = form.write(&[]);
        file.extend(bytes);
        if let Ok(mut source) = open(&file) {
            drain(&mut source);
        }
    }
}

#[test]
fn the_longest_packet_is_written_and_read_back_and_a_longer_one_refused() {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::RAW, Resolution::Micros).unwrap();
    let time = Timestamp::from_secs(1_700_000_000);
    let longest = vec![7; MAX_PACKET as usize];
    for _ in 0..9 {
        writer.write(time, &longest, MAX_PACKET).unwrap();
    }
    assert!(
        writer
            .write(time, &[7; MAX_PACKET as usize + 1], MAX_PACKET + 1)
            .is_err()
    );
    assert!(
        writer
            .write(Timestamp::from_secs(-1), &longest, MAX_PACKET)
            .is_err()
    );
    let file = writer.finish().unwrap();
    let mut source = open(&file).unwrap();
    let packets = drain(&mut source);
    assert_eq!(packets.len(), 9);
    assert!(packets.iter().all(|packet| packet.bytes == longest));
    assert_eq!(source.damage(), []);
}
