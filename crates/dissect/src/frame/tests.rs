//! Frames as bytes, a comment a field, each through one `check` that tells the whole result in a line.

use super::*;
use proptest::prelude::*;

/// Destination 02:…:02, source 02:…:01.
const MACS: &[u8] = &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
const IPV4_TYPE: &[u8] = &[0x08, 0x00];

/// An IPv4 header without options: 10.0.0.1 to 10.0.0.2, TTL 64, by total length, flags and offset, protocol.
fn v4(total: u16, flags_offset: u16, protocol: u8) -> Vec<u8> {
    let [l0, l1] = total.to_be_bytes();
    let [f0, f1] = flags_offset.to_be_bytes();
    vec![
        0x45, 0x00, l0, l1, // version and header length, service, total length
        0x12, 0x34, f0, f1, // identification, flags and offset
        0x40, protocol, 0, 0, // time to live, protocol, checksum
        10, 0, 0, 1, // source
        10, 0, 0, 2, // destination
    ]
}

/// An IPv6 header: fd00::1 to fd00::2, hop limit 64.
fn v6(length: u16, next: u8) -> Vec<u8> {
    let [l0, l1] = length.to_be_bytes();
    let mut bytes = vec![0x60, 0, 0, 0, l0, l1, next, 0x40];
    for last in [1, 2] {
        bytes.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes
}

/// A TCP header without options: 4000 to 502, PSH and ACK.
const TCP: &[u8] = &[
    0x0f, 0xa0, 0x01, 0xf6, // ports
    0, 0, 0, 7, // sequence
    0, 0, 0, 9, // acknowledgement
    0x50, 0x18, 0x10, 0, // header length, flags, window
    0, 0, 0, 0, // checksum, urgent pointer
];

fn udp(destination: u16, length: u16) -> Vec<u8> {
    let [d0, d1] = destination.to_be_bytes();
    let [l0, l1] = length.to_be_bytes();
    vec![0x0f, 0xa0, d0, d1, l0, l1, 0, 0]
}

/// What a frame is, in one line.
fn told(frame: &Frame<'_>) -> String {
    let mut line = String::new();
    if let Some(link) = frame.link {
        line += &format!("{}", link.source);
        if let Some(destination) = link.destination {
            line += &format!(">{destination}");
        }
        line += " ";
    }
    for vlan in frame.vlans.iter() {
        line += &format!("vlan {vlan} ");
    }
    if frame.tunnels > 0 {
        line += &format!("in {} ", frame.tunnels);
    }
    line += &match frame.network {
        Network::Unread => "unread".to_owned(),
        Network::Ethernet { ether_type, payload } => format!("type {:04x} {payload:02x?}", ether_type.0),
        Network::Ip(packet) => format!(
            "{}>{} ttl {} ip {} {}",
            packet.source,
            packet.destination,
            packet.ttl,
            packet.protocol.0,
            match packet.transport {
                Transport::Tcp(s) => format!(
                    "tcp {}>{} seq {} ack {} flags {:02x} {:02x?} cut {}",
                    s.source, s.destination, s.sequence, s.acknowledgement, s.flags.0, s.payload, s.cut
                ),
                Transport::Udp {
                    source,
                    destination,
                    payload,
                    cut,
                } => format!("udp {source}>{destination} {payload:02x?} cut {cut}"),
                Transport::Fragment(bytes) => {
                    let piece = packet.fragment.unwrap();
                    format!(
                        "piece {:x} at {} more {} {bytes:02x?}",
                        piece.id, piece.offset, piece.more
                    )
                }
                Transport::Other(bytes) => format!("{bytes:02x?}"),
            }
        ),
    };
    if let Some(damage) = frame.damage {
        line += &format!(" ! {} at {}", damage.code, damage.offset);
    }
    line
}

fn check(link: LinkType, parts: &[&[u8]], expected: &str) {
    let bytes = parts.concat();
    let frame = decode(link, &bytes, u32::try_from(bytes.len()).unwrap());
    assert_eq!(told(&frame), expected, "{bytes:02x?}");
}

const ENDS: &str = "02:00:00:00:00:01>02:00:00:00:00:02";
const PACKET: &str = "10.0.0.1>10.0.0.2 ttl 64 ip";

fn ethernet(parts: &[&[u8]], expected: &str) {
    let parts: Vec<&[u8]> = std::iter::once(MACS).chain(parts.iter().copied()).collect();
    check(LinkType::ETHERNET, &parts, &format!("{ENDS} {expected}"));
}

#[test]
fn reads_tcp_and_cuts_ethernet_padding_by_the_ip_length() {
    ethernet(
        &[IPV4_TYPE, &v4(43, 0x4000, 6), TCP, b"abc", &[0; 3]],
        &format!("{PACKET} 6 tcp 4000>502 seq 7 ack 9 flags 18 [61, 62, 63] cut 0"),
    );
}

#[test]
fn reads_every_link_layer() {
    let udp_packet = [v4(29, 0, 17), udp(53, 9), b"x".to_vec()].concat();
    let expected = format!("{PACKET} 17 udp 4000>53 [78] cut 0");
    let address = [2, 0, 0, 0, 0, 1, 0, 0];
    let cooked = [&[0, 0, 0, 1, 0, 6][..], &address, IPV4_TYPE].concat();
    let cooked_v2 = [IPV4_TYPE, &[0, 0, 0, 0, 0, 3, 0, 1, 0, 6], &address].concat();
    let with_source = format!("02:00:00:00:00:01 {expected}");
    for (link, header, expected) in [
        (LinkType::LINUX_SLL, &cooked[..], &with_source),
        (LinkType::LINUX_SLL2, &cooked_v2, &with_source),
        (LinkType::RAW, &[], &expected),
        (LinkType::RAW_OLD, &[], &expected),
        (LinkType(14), &[], &expected),
        (LinkType::IPV4, &[], &expected),
        (LinkType::NULL, &[2, 0, 0, 0], &expected),
        (LinkType::NULL, &[0, 0, 0, 2], &expected),
        (LinkType::LOOP, &[0, 0, 0, 2], &expected),
    ] {
        check(link, &[header, &udp_packet], expected);
    }
    let v6_packet = [v6(8, 17), udp(53, 8)].concat();
    let expected = "fd00::1>fd00::2 ttl 64 ip 17 udp 4000>53 [] cut 0";
    check(LinkType::IPV6, &[&v6_packet], expected);
    check(LinkType::RAW, &[&v6_packet], expected);
    check(LinkType::NULL, &[&[30, 0, 0, 0], &v6_packet], expected);
    check(LinkType::NULL, &[&[24, 0, 0, 0], &v6_packet], expected);
}

#[test]
fn names_link_layers_that_it_does_not_read() {
    for (link, expected) in [
        (LinkType::IEEE802_11, "unread ! ieee802-11-unsupported at 0"),
        (
            LinkType::IEEE802_11_RADIOTAP,
            "unread ! ieee802-11-unsupported at 0",
        ),
        (LinkType(192), "unread ! ieee802-11-unsupported at 0"),
        (LinkType(9999), "unread ! link-type-unsupported at 0"),
        (LinkType::NULL, "unread ! loopback-family-unknown at 0"),
    ] {
        check(link, &[&[7; 64]], expected);
    }
    let netlink = [0, 4, 0x03, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    check(
        LinkType::LINUX_SLL,
        &[&netlink],
        "unread ! linux-cooked-netlink at 0",
    );
}

#[test]
fn keeps_vlan_tags_outermost_first_and_passes_over_priority_tags() {
    let inner = [IPV4_TYPE, &v4(28, 0, 17), &udp(53, 8)].concat();
    let udp = format!("{PACKET} 17 udp 4000>53 [] cut 0");
    ethernet(&[&[0x81, 0, 0x60, 5], &inner], &format!("vlan 5 {udp}"));
    ethernet(
        &[&[0x88, 0xa8, 0x00, 7, 0x81, 0x00, 0xe1, 0x23], &inner],
        &format!("vlan 7 vlan 291 {udp}"),
    );
    ethernet(&[&[0x81, 0, 0xc0, 0], &inner], &udp);
    ethernet(
        &[
            &[
                0x91, 0, 0, 1, 0x91, 0, 0, 2, 0x92, 0, 0, 3, 0x81, 0, 0, 4, 0x81, 0, 0, 5,
            ],
            &inner,
        ],
        &format!("vlan 1 vlan 2 vlan 3 vlan 4 {udp} ! too-many-vlan-tags at 30"),
    );
    ethernet(&[&[0x81, 0, 0, 1, 0x08]], "unread ! vlan-tag-cut-short at 14");
}

#[test]
fn passes_over_hsr_tags_and_takes_prp_trailers_off() {
    // Path and size, sequence, then GOOSE.
    ethernet(
        &[&[0x89, 0x2f], &[0x10, 0x0a, 0, 1], &[0x88, 0xb8], &[1, 2, 3, 4]],
        "type 88b8 [01, 02, 03, 04]",
    );
    let trailer = [
        0x00, 0x01, // sequence
        0xa0, 0x0a, // LAN A, size 10
        0x88, 0xfb, // suffix
    ];
    ethernet(
        &[&[0x88, 0xb8], &[1, 2, 3, 4], &trailer],
        "type 88b8 [01, 02, 03, 04]",
    );
    // The size is another one: those bytes are the payload's own.
    ethernet(
        &[&[0x88, 0xb8], &[1, 2, 3], &trailer],
        "type 88b8 [01, 02, 03, 00, 01, a0, 0a, 88, fb]",
    );
}

#[test]
fn reads_802_3_lengths_and_snap() {
    ethernet(
        &[&[0, 3], &[0x42, 0x42, 0x03], &[0; 20]], // spanning tree, padded
        "type 0003 [42, 42, 03]",
    );
    let snap = [0xaa, 0xaa, 0x03, 0, 0, 0, 0x08, 0x06];
    ethernet(&[&[0, 10], &snap, &[9, 9], &[0; 4]], "type 0806 [09, 09]");
    let cisco = [0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x00];
    ethernet(&[&[0, 10], &cisco, &[2, 180], &[0; 4]], "type 2000 [02, b4]");
    let trunking = [0xaa, 0xaa, 0x03, 0, 0, 0x0c, 0x20, 0x04];
    ethernet(
        &[&[0, 8], &trunking],
        "type 0008 [aa, aa, 03, 00, 00, 0c, 20, 04]",
    );
    ethernet(
        &[&[0, 9], &[0x42]],
        "type 0009 [42] ! ethernet-length-beyond-frame at 14",
    );
    ethernet(
        &[&[0x05, 0xe0], &[0x42]],
        "type 05e0 [42] ! ethernet-type-invalid at 12",
    );
}

#[test]
fn tells_pieces_from_whole_packets() {
    ethernet(
        &[IPV4_TYPE, &v4(24, 0x2000, 17), &[1, 2, 3, 4]],
        &format!("{PACKET} 17 piece 1234 at 0 more true [01, 02, 03, 04]"),
    );
    ethernet(
        &[IPV4_TYPE, &v4(22, 0x0002, 17), &[1, 2]],
        &format!("{PACKET} 17 piece 1234 at 16 more false [01, 02]"),
    );
    let fragment = [17, 0, 0x00, 0x11, 0xde, 0xad, 0xbe, 0xef]; // next, reserved, offset 16 and more, identification
    check(
        LinkType::IPV6,
        &[&v6(10, 44), &fragment, &[1, 2]],
        "fd00::1>fd00::2 ttl 64 ip 17 piece deadbeef at 16 more true [01, 02]",
    );
    let atomic = [17, 0, 0, 0, 0xde, 0xad, 0xbe, 0xef];
    check(
        LinkType::IPV6,
        &[&v6(16, 44), &atomic, &udp(53, 8)],
        "fd00::1>fd00::2 ttl 64 ip 17 udp 4000>53 [] cut 0",
    );
}

#[test]
fn passes_over_options_and_extension_headers() {
    let mut options = v4(32, 0, 17);
    options[0] = 0x46;
    ethernet(
        &[IPV4_TYPE, &options, &[1, 1, 1, 0], &udp(53, 8)],
        &format!("{PACKET} 17 udp 4000>53 [] cut 0"),
    );
    let extensions = [
        &[43, 0, 1, 4, 0, 0, 0, 0][..],                      // hop by hop, padding
        &[51, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], // routing, 16 bytes
        &[
            60, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ], // authentication, 24 bytes
        &[17, 0, 1, 4, 0, 0, 0, 0],                          // destination options
    ]
    .concat();
    check(
        LinkType::IPV6,
        &[&v6(64, 0), &extensions, &udp(53, 8)],
        "fd00::1>fd00::2 ttl 64 ip 17 udp 4000>53 [] cut 0",
    );
    check(
        LinkType::IPV6,
        &[&v6(80, 0), &[0; 80]],
        "fd00::1>fd00::2 ttl 64 ip 0 [00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00] \
         ! too-many-ip-extensions at 104",
    );
    check(
        LinkType::IPV6,
        &[&v6(0, 59), &[0; 6]],
        "fd00::1>fd00::2 ttl 64 ip 59 []",
    );
}

#[test]
fn unwraps_tunnels_to_what_is_inside() {
    let inner_packet = [v4(28, 0, 17), udp(53, 8)].concat();
    let inner_frame = [MACS, IPV4_TYPE, &inner_packet].concat();
    let tagged_frame = [MACS, &[0x81, 0, 0, 9], IPV4_TYPE, &inner_packet].concat();
    let packet = format!("{PACKET} 17 udp 4000>53 [] cut 0");
    let in_gre = |gre: &[u8], inner: &[u8], expected: &str| {
        let total = u16::try_from(20 + gre.len() + inner.len()).unwrap();
        check(LinkType::RAW, &[&v4(total, 0, 47), gre, inner], expected);
    };
    in_gre(&[0, 0, 0x08, 0], &inner_packet, &format!("in 1 {packet}"));
    in_gre(
        &[0xb0, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2], // checksum, key, sequence
        &inner_frame,
        &format!("{ENDS} in 1 {packet}"),
    );
    in_gre(
        &[0, 0, 0x88, 0xbe],
        &inner_frame,
        &format!("{ENDS} in 1 {packet}"),
    ); // ERSPAN I
    let erspan_ii = [
        0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, // GRE with sequence
        0x10, 0x07, 0x08, 0x01, 0, 0, 0, 0, // version 1 and VLAN 7, session, index
    ];
    in_gre(&erspan_ii, &inner_frame, &format!("{ENDS} vlan 7 in 1 {packet}"));
    in_gre(&erspan_ii, &tagged_frame, &format!("{ENDS} vlan 9 in 1 {packet}"));
    let erspan_iii = |kind: u16, more: &[u8]| {
        let [k0, k1] = kind.to_be_bytes();
        let mut header = vec![
            0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, // GRE with sequence
            0x20, 0x07, 0x00, 0x01, // version 2 and VLAN 7, session
            0, 0, 0, 5, 0, 0, k0, k1, // time, group tag, frame type and flags
        ];
        header.extend(more);
        header
    };
    in_gre(
        &erspan_iii(0, &[]),
        &inner_frame,
        &format!("{ENDS} vlan 7 in 1 {packet}"),
    );
    in_gre(
        &erspan_iii(1, &[0; 8]),
        &inner_frame,
        &format!("{ENDS} vlan 7 in 1 {packet}"),
    );
    in_gre(&erspan_iii(0x0800, &[]), &inner_packet, &format!("in 1 {packet}"));
    in_gre(
        &erspan_iii(0x0400, &[]),
        &inner_packet,
        "in 1 unread ! erspan-frame-type-unknown at 28",
    );
    let vxlan = [udp(4789, 8 + 8 + 42), vec![8, 0, 0, 0, 0, 0, 5, 0]].concat();
    check(
        LinkType::RAW,
        &[&v4(78, 0, 17), &vxlan, &inner_frame],
        &format!("{ENDS} in 1 {packet}"),
    );
    check(
        LinkType::RAW,
        &[&v4(48, 0, 4), &inner_packet],
        &format!("in 1 {packet}"),
    );
    check(
        LinkType::RAW,
        &[&v4(68, 0, 41), &v6(8, 17), &udp(53, 8)],
        "in 1 fd00::1>fd00::2 ttl 64 ip 17 udp 4000>53 [] cut 0",
    );
}

#[test]
fn leaves_closed_what_it_does_not_unwrap() {
    let pptp = [0x20, 0x01, 0x88, 0x0b, 0, 0, 0, 0];
    check(
        LinkType::RAW,
        &[&v4(28, 0, 47), &pptp],
        &format!("{PACKET} 47 [20, 01, 88, 0b, 00, 00, 00, 00]"),
    );
    // On VXLAN's port, but with a bit set that must not be.
    let other = [8, 0, 0, 1, 0, 0, 5, 0];
    check(
        LinkType::RAW,
        &[&v4(50, 0, 17), &udp(4789, 30), &other, &[0; 14]],
        &format!(
            "{PACKET} 17 udp 4000>4789 [08, 00, 00, 01, 00, 00, 05, 00, {}00] cut 0",
            "00, ".repeat(13)
        ),
    );
    let deep: Vec<u8> = (0..6).flat_map(|depth| v4(120 - 20 * depth, 0, 4)).collect();
    let bytes = decode(LinkType::RAW, &deep, 120);
    assert_eq!(
        (bytes.tunnels, bytes.damage.unwrap().code),
        (4, "too-many-tunnels")
    );
}

#[test]
fn says_how_much_the_snap_length_cut_off() {
    let frame = [MACS, IPV4_TYPE, &v4(143, 0, 6), TCP, b"abc"].concat();
    let decoded = decode(LinkType::ETHERNET, &frame, 157);
    assert_eq!(
        told(&decoded),
        format!("{ENDS} {PACKET} 6 tcp 4000>502 seq 7 ack 9 flags 18 [61, 62, 63] cut 100")
    );
    let decoded = decode(LinkType::RAW, &frame[14..20 + 14 + 8], 143);
    assert_eq!(
        told(&decoded),
        format!("{PACKET} 6 [0f, a0, 01, f6, 00, 00, 00, 07] ! tcp-cut-short at 20")
    );
    let datagram = [v4(128, 0, 17), udp(53, 108), b"abc".to_vec()].concat();
    assert_eq!(
        told(&decode(LinkType::RAW, &datagram, 128)),
        format!("{PACKET} 17 udp 4000>53 [61, 62, 63] cut 97")
    );
}

#[test]
fn takes_a_zero_length_for_one_that_the_network_card_fills_in() {
    ethernet(
        &[IPV4_TYPE, &v4(0, 0, 6), TCP, b"abc"],
        &format!("{PACKET} 6 tcp 4000>502 seq 7 ack 9 flags 18 [61, 62, 63] cut 0"),
    );
    check(
        LinkType::RAW,
        &[&v6(0, 6), TCP, b"abc"],
        "fd00::1>fd00::2 ttl 64 ip 6 tcp 4000>502 seq 7 ack 9 flags 18 [61, 62, 63] cut 0",
    );
}

#[test]
fn names_contradictions_and_keeps_what_was_read_before_them() {
    ethernet(
        &[IPV4_TYPE, &v4(90, 0, 17), &udp(53, 9), b"x"],
        &format!("{PACKET} 17 udp 4000>53 [78] cut 0 ! ipv4-length-beyond-frame at 16"),
    );
    ethernet(
        &[IPV4_TYPE, &v4(29, 0, 17), &udp(53, 20), b"x"],
        &format!("{PACKET} 17 udp 4000>53 [78] cut 11 ! udp-length-beyond-packet at 38"),
    );
    ethernet(
        &[IPV4_TYPE, &v4(29, 0, 17), &udp(53, 3), b"x"],
        &format!("{PACKET} 17 udp 4000>53 [78] cut 0 ! udp-length-below-header at 38"),
    );
    ethernet(
        &[IPV4_TYPE, &v4(7, 0, 17), &udp(53, 8)],
        &format!("{PACKET} 17 udp 4000>53 [] cut 0 ! ipv4-length-below-header at 16"),
    );
    let mut bad = TCP.to_vec();
    bad[12] = 0x40;
    ethernet(
        &[IPV4_TYPE, &v4(40, 0, 6), &bad],
        &format!("{PACKET} 6 {bad:02x?} ! tcp-header-length at 46"),
    );
    for (first, expected) in [
        (0x44, "unread ! ipv4-header-length at 14"),
        (0x65, "unread ! ipv4-version at 14"),
    ] {
        let mut header = v4(20, 0, 6);
        header[0] = first;
        ethernet(&[IPV4_TYPE, &header], expected);
    }
    ethernet(
        &[&[0x86, 0xdd], &v4(40, 0, 6), &[0; 20]],
        "unread ! ipv6-version at 14",
    );
    check(LinkType::RAW, &[&[0x15; 40]], "unread ! ip-version at 0");
    check(LinkType::RAW, &[], "unread ! ip-cut-short at 0");
    check(LinkType::ETHERNET, &[MACS], "unread ! ethernet-cut-short at 0");
}

#[test]
fn reads_the_transport_of_a_packet_that_was_put_together() {
    let datagram = [udp(53, 10), b"ab".to_vec()].concat();
    assert_eq!(
        decode_transport(IpProtocol::UDP, &datagram),
        Transport::Udp {
            source: 4000,
            destination: 53,
            payload: b"ab",
            cut: 0
        }
    );
    assert_eq!(decode_transport(IpProtocol::ICMP, b"ab"), Transport::Other(b"ab"));
}

proptest! {
    #[test]
    fn any_bytes_give_a_frame_whose_parts_lie_within_them(
        link in prop::sample::select(vec![0, 1, 12, 101, 108, 113, 228, 229, 276]),
        start in prop::sample::select(vec![
            vec![], MACS.to_vec(), [MACS, IPV4_TYPE, &v4(60, 0, 47), &[0x10, 0, 0x22, 0xeb]].concat(),
            [MACS, &[0x86, 0xdd], &v6(80, 0)].concat(), [MACS, IPV4_TYPE, &v4(60, 0, 6)].concat(),
        ]),
        noise in prop::collection::vec(any::<u8>(), 0..200),
        flip in any::<prop::sample::Index>(),
        beyond in 0u32..2000,
    ) {
        let mut bytes = [start, noise].concat();
        if !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 1 << (beyond % 8);
        }
        let original = u32::try_from(bytes.len()).unwrap() + beyond;
        let frame = decode(LinkType(link), &bytes, original);
        prop_assert!(usize::from(frame.tunnels) <= MAX_TUNNELS);
        prop_assert_eq!(frame.network == Network::Unread && frame.damage.is_none(), false);
        prop_assert!(frame.damage.is_none_or(|damage| damage.offset <= bytes.len()));
        let (payload, cut) = match frame.network {
            Network::Unread => (&[][..], 0),
            Network::Ethernet { payload, .. } => (payload, 0),
            Network::Ip(packet) => match packet.transport {
                Transport::Tcp(segment) => (segment.payload, segment.cut),
                Transport::Udp { payload, .. } => (payload, 0),
                Transport::Fragment(payload) | Transport::Other(payload) => (payload, 0),
            },
        };
        prop_assert!(payload.len() <= bytes.len());
        prop_assert!(u64::from(cut) <= u64::from(beyond));
    }

    #[test]
    fn what_is_read_at_a_glance_is_what_decoding_reads(
        tcp in any::<bool>(), options in 5_u8..9, payload in prop::collection::vec(any::<u8>(), 0..80),
        ports in any::<(u16, u16)>(), padding in 0_usize..8, beyond in 0_u32..20,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
    ) {
        let mut packet = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
        if tcp {
            packet.extend([1, 2, 3, 4, 5, 6, 7, 8, options << 4, 0x18, 0, 0, 0, 0, 0, 0]);
            packet.resize(usize::from(options) * 4, 1);
        } else {
            packet.extend(u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
            packet.extend([0, 0]);
        }
        packet.extend(&payload);
        let total = u16::try_from(packet.len() + 20).unwrap();
        let header = v4(total, 0x4000, if tcp { 6 } else { 17 });
        let mut bytes = [MACS, IPV4_TYPE, &header, &packet, &vec![0; padding]].concat();
        for (at, value) in &flips {
            let at = at.index(bytes.len());
            bytes[at] ^= value;
        }
        let original = u32::try_from(bytes.len()).unwrap() + beyond;
        let decoded = decode(LinkType::ETHERNET, &bytes, original);
        let glance = plain(LinkType::ETHERNET, &bytes);
        prop_assert!(glance.is_some() || !flips.is_empty() || ports.1 == 4789);
        if let Some(plain) = glance {
            let expected = Frame {
                link: Some(plain.link),
                network: Network::Ip(Packet {
                    source: IpAddr::V4(plain.source),
                    destination: IpAddr::V4(plain.destination),
                    ttl: plain.ttl,
                    protocol: plain.protocol,
                    fragment: None,
                    transport: plain.transport,
                }),
                ..Frame::unread()
            };
            prop_assert_eq!(decoded, expected);
            let (Transport::Tcp(Segment { source, destination, .. })
            | Transport::Udp { source, destination, .. }) = plain.transport else {
                return Err(TestCaseError::fail("plain frames have ports"));
            };
            prop_assert_eq!(plain.ports, (source, destination));
        }
    }
}
