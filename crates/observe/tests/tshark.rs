//! Function codes against tshark's, packet by packet, over every real capture.
//!
//! Both put streams together, so a message stands at the packet that completes it. A difference is a fault of ours
//! until it is in `tshark-differences.tsv` with its reason; one that is listed and doesn't occur any more fails too.
//! Needs the Debian package tshark and the shared captures; without them it says "not run".

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers may fail as its body may"
)]

use cofferdam_capture::Source;
use cofferdam_dissect::{Address, Message, Outcome, Role};
use cofferdam_observe::{Captured, FlowRecord, MessageContext, MessageSink, Observer, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    /// Modbus functions, UMAS as 90.
    Modbus,
    /// S7comm job functions.
    S7,
    /// S7comm userdata, group and subfunction.
    S7Userdata,
    /// EtherNet/IP commands.
    Enip,
    /// CIP services, without the answer's bit.
    Cip,
    /// DNP3 application functions.
    Dnp3,
    /// Types of IEC 60870-5-104's units.
    Iec104,
    /// BACnet's confirmed services.
    Bacnet,
    /// Types of C37.118's frames.
    C37118,
    /// GOOSE's state numbers.
    Goose,
    /// MMS's confirmed services, of requests and answers.
    Mms,
    /// CDP announcements, 2 when they end.
    Cdp,
    /// LLDP advertisements, 2 when they end.
    Lldp,
    /// PROFINET's frame ids.
    Profinet,
    /// DCP's services.
    Dcp,
    /// PROFINET IO's operations: the numbers of its remote calls.
    PnioCm,
    /// ARP's operations.
    Arp,
    /// The units of Modbus, UMAS's among them.
    ModbusUnit,
    /// The stations (common addresses) of IEC 60870-5-104's units.
    Iec104Station,
    /// The addresses of IEC 60870-5-104's information objects.
    Iec104Address,
    /// Where Modbus's requests start to read or write, and where answers to writes say that it was.
    ModbusStart,
    /// The bit addresses of S7comm's variables in requests.
    S7Address,
    /// ADS commands.
    Ads,
}

impl Field {
    const ALL: [Self; 23] = [
        Self::Modbus,
        Self::S7,
        Self::S7Userdata,
        Self::Enip,
        Self::Cip,
        Self::Dnp3,
        Self::Iec104,
        Self::Bacnet,
        Self::C37118,
        Self::Goose,
        Self::Mms,
        Self::Cdp,
        Self::Lldp,
        Self::Profinet,
        Self::Dcp,
        Self::PnioCm,
        Self::Arp,
        Self::Ads,
        Self::ModbusUnit,
        Self::Iec104Station,
        Self::Iec104Address,
        Self::ModbusStart,
        Self::S7Address,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Modbus => "modbus",
            Self::S7 => "s7comm",
            Self::S7Userdata => "s7comm-userdata",
            Self::Enip => "enip",
            Self::Cip => "cip",
            Self::Dnp3 => "dnp3",
            Self::Iec104 => "iec104",
            Self::Bacnet => "bacnet",
            Self::C37118 => "c37118",
            Self::Goose => "goose",
            Self::Mms => "mms",
            Self::Cdp => "cdp",
            Self::Lldp => "lldp",
            Self::Profinet => "profinet",
            Self::Dcp => "profinet-dcp",
            Self::PnioCm => "pnio-cm",
            Self::Arp => "arp",
            Self::Ads => "ads",
            Self::ModbusUnit => "modbus-unit",
            Self::Iec104Station => "iec104-station",
            Self::Iec104Address => "iec104-address",
            Self::ModbusStart => "modbus-start",
            Self::S7Address => "s7comm-address",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Codes by packet and field, in ascending order: the two tools may tell several messages of a packet in another one.
type Codes = BTreeMap<(u64, Field), Vec<u32>>;

/// Writes down the functions of the messages that are compared.
#[derive(Default)]
struct Functions(Codes);

impl MessageSink for Functions {
    fn message(&mut self, at: &MessageContext, message: &Message<'_>) {
        let code = message.function.code;
        if message.protocol.0 == "profinet" && (code >> 16) >= 0xfefc && (code >> 16) <= 0xfeff {
            let services = self.0.entry((at.packet, Field::Dcp)).or_default();
            services.push(code & 0xffff);
        }
        let station = match message.protocol.0 {
            "modbus" | "umas" => message.unit.map(|unit| (Field::ModbusUnit, unit)),
            "iec104" => message.unit.map(|unit| (Field::Iec104Station, unit)),
            _ => None,
        };
        if let Some((field, unit)) = station {
            self.0.entry((at.packet, field)).or_default().push(unit);
        }
        for (field, address) in addresses(message) {
            self.0.entry((at.packet, field)).or_default().push(address);
        }
        let compared = match message.protocol.0 {
            "modbus" => Some((Field::Modbus, code)),
            "umas" => Some((Field::Modbus, 90)),
            "s7comm" if code < 0x1_0000 => Some((Field::S7, code)),
            "s7comm" if code < 0x2_0000 => Some((Field::S7Userdata, code & 0xffff)),
            "enip" => Some((Field::Enip, code)),
            "cip" => Some((Field::Cip, code)),
            "dnp3" => Some((Field::Dnp3, code)),
            "iec104" => Some((Field::Iec104, code)),
            "bacnet" if code < 0x100 => Some((Field::Bacnet, code)),
            // Commands have their own code below the type's.
            "c37118" if code > 0xff => Some((Field::C37118, code >> 8)),
            "c37118" => Some((Field::C37118, code)),
            "goose" => message.transaction.map(|state| (Field::Goose, state)),
            "mms" if code < 0x100 => Some((Field::Mms, code)),
            "cdp" => Some((Field::Cdp, code)),
            "lldp" => Some((Field::Lldp, code)),
            "profinet" => Some((Field::Profinet, code >> 16)),
            "pnio-cm" => Some((Field::PnioCm, code)),
            "arp" => Some((Field::Arp, code)),
            "ads" => Some((Field::Ads, code)),
            _ => None,
        };
        if let Some((field, code)) = compared {
            self.0.entry((at.packet, field)).or_default().push(code);
        }
    }
}

/// The addresses of a message's objects, of the protocols of which they are compared.
fn addresses(message: &Message<'_>) -> Vec<(Field, u32)> {
    let asks = message.role == Role::Request;
    let works = !matches!(message.outcome, Outcome::Failure { .. });
    let addresses = message.objects.iter().map(|object| object.address);
    match (message.protocol.0, message.function.code) {
        ("iec104", _) => addresses
            .filter_map(|address| match address {
                Address::Points { first, count, .. } => Some(first..first + count),
                _ => None,
            })
            .flatten()
            .map(|address| (Field::Iec104Address, address))
            .collect(),
        // Answers to reads don't say where they start; ours has it of the request.
        ("modbus", 1..=4 | 24) if asks => starts(addresses),
        ("modbus", 5 | 6 | 15 | 16 | 22) if works => starts(addresses),
        ("s7comm", 4 | 5) if asks => addresses
            .filter_map(|address| match address {
                Address::Memory { bit, .. } => Some((Field::S7Address, bit)),
                // Timers and counters are numbered.
                Address::Points { first, .. } => Some((Field::S7Address, first)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn starts<'a>(addresses: impl Iterator<Item = Address<'a>>) -> Vec<(Field, u32)> {
    addresses
        .filter_map(|address| match address {
            Address::Points { first, .. } => Some((Field::ModbusStart, first)),
            _ => None,
        })
        .collect()
}

fn ours(path: &Path) -> Codes {
    let mut source = Source::open(path).unwrap();
    let mut observer = Observer::new(Settings::new("capture"));
    let mut functions = Functions::default();
    let mut flows: Vec<FlowRecord> = Vec::new();
    while let Some(packet) = source.next_packet() {
        let captured = Captured {
            number: packet.number,
            time: packet.time,
            link: packet.link,
            bytes: packet.bytes,
            original: packet.original,
        };
        observer.frame_with_messages(&captured, &mut flows, &mut functions);
    }
    drop(observer.finish_with_messages(&mut flows, &mut functions));
    sorted(functions.0)
}

fn sorted(mut codes: Codes) -> Codes {
    codes.values_mut().for_each(|list| list.sort_unstable());
    codes
}

/// tshark's fields, in the order in which they are asked for.
const FIELDS: [&str; 11] = [
    "frame.number",
    "modbus.func_code",
    "s7comm.param.func",
    "s7comm.param.userdata.funcgroup",
    "s7comm.param.userdata.subfunc",
    // The subfunction of group 0 has a field of its own.
    "s7comm.param.modetrans.subfunc",
    "enip.command",
    "cip.sc",
    "dnp3.al.func",
    "iec60870_asdu.typeid",
    "bacapp.confirmed_service",
];

/// A field that needs no other beside it: tshark's name of it, and what makes our code of its number.
type Single = (Field, &'static str, fn(u32) -> u32);

const SINGLE: [Single; 16] = [
    (Field::Iec104Address, "iec60870_asdu.ioa", same),
    (Field::ModbusStart, "modbus.reference_num", same),
    (Field::S7Address, "s7comm.param.item.address", same),
    (Field::Arp, "arp.opcode", same),
    (Field::Ads, "ams.cmdid", same),
    (Field::ModbusUnit, "mbtcp.unit_id", same),
    (Field::Iec104Station, "iec60870_asdu.addr", same),
    (Field::Cdp, "cdp.ttl", announced),
    (Field::Lldp, "lldp.time_to_live", announced),
    (Field::Profinet, "pn_rt.frame_id", same),
    (Field::Dcp, "pn_dcp.service_id", same),
    (Field::PnioCm, "pn_io.opnum", same),
    (Field::C37118, "synphasor.frtype", same),
    (Field::Goose, "goose.stNum", same),
    // No packet has both.
    (Field::Mms, "mms.confirmedServiceRequest", same),
    (Field::Mms, "mms.confirmedServiceResponse", same),
];

fn same(number: u32) -> u32 {
    number
}

/// An announcement with a time to live of 0 takes the sender back.
fn announced(time_to_live: u32) -> u32 {
    if time_to_live == 0 { 2 } else { 1 }
}

fn theirs(path: &Path) -> Codes {
    let mut command = Command::new("tshark");
    // Port 1102 is a client's in one capture; tshark's IDMP would take its EtherNet/IP.
    command.args(["-n", "--disable-protocol", "idmp", "-T", "fields", "-r"]);
    command.arg(path);
    for field in FIELDS.into_iter().chain(SINGLE.map(|(_, name, _)| name)) {
        command.args(["-e", field]);
    }
    // Somebody's own settings must not change the result.
    command.env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    sorted(text.lines().flat_map(packet_codes).collect())
}

/// The codes of one line of tshark's output: a column a field.
fn packet_codes(line: &str) -> Vec<((u64, Field), Vec<u32>)> {
    let mut columns: Vec<Vec<u32>> = line.split('\t').map(numbers).collect();
    let single = columns.split_off(FIELDS.len());
    let columns: [Vec<u32>; FIELDS.len()] = columns.try_into().unwrap();
    let [
        packet,
        modbus,
        s7,
        group,
        subfunction,
        transition,
        enip,
        cip,
        dnp3,
        iec104,
        bacnet,
    ] = columns;
    let single = SINGLE
        .iter()
        .zip(single)
        .map(|((field, _, code), numbers)| (*field, numbers.into_iter().map(code).collect()));
    let mut subfunctions = subfunction.into_iter();
    let mut transitions = transition.into_iter();
    let userdata = group.iter().map(|group| {
        let next = if *group == 0 {
            transitions.next()
        } else {
            subfunctions.next()
        };
        group << 8 | next.unwrap()
    });
    [
        (Field::Modbus, modbus),
        (Field::S7, s7),
        (Field::S7Userdata, userdata.collect()),
        (Field::Enip, enip),
        (Field::Cip, cip),
        (Field::Dnp3, dnp3),
        (Field::Iec104, iec104),
        (Field::Bacnet, bacnet),
    ]
    .into_iter()
    .chain(single)
    .filter(|(_, codes): &(Field, Vec<u32>)| !codes.is_empty())
    .map(|(field, codes)| ((packet[0].into(), field), codes))
    .collect()
}

fn numbers(column: &str) -> Vec<u32> {
    column
        .split(',')
        .filter(|text| !text.is_empty())
        .map(|text| match text.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
            None => text.parse().unwrap(),
        })
        .collect()
}

/// SendRRData and SendUnitData. When they carry CIP, that is what we tell; by themselves they are told as `enip`.
const CARRIERS_OF_CIP: [u32; 2] = [0x6f, 0x70];

fn without_carriers(ours: &Codes, mut theirs: Codes) -> Codes {
    for (key, codes) in &mut theirs {
        if key.1 == Field::Enip && ours.contains_key(&(key.0, Field::Cip)) {
            codes.retain(|code| !CARRIERS_OF_CIP.contains(code));
        }
    }
    theirs.retain(|_, codes| !codes.is_empty());
    theirs
}

/// A packet of a capture, and what is compared of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    capture: String,
    field: Field,
    packet: u64,
}

/// Where the two differ, with both sides as text.
type Differences = BTreeMap<Place, String>;

fn compare(capture: &str, ours: &Codes, theirs: &Codes) -> Differences {
    let keys: BTreeSet<_> = ours.keys().chain(theirs.keys()).copied().collect();
    let text = |list: Option<&Vec<u32>>| list.map_or("none".to_owned(), |list| format!("{list:?}"));
    keys.into_iter()
        .filter(|key| ours.get(key) != theirs.get(key))
        .map(|(packet, field)| {
            let capture = capture.to_owned();
            let key = (packet, field);
            let both = format!(
                "ours {}, tshark's {}",
                text(ours.get(&key)),
                text(theirs.get(&key))
            );
            (
                Place {
                    capture,
                    field,
                    packet,
                },
                both,
            )
        })
        .collect()
}

const ACCEPTED: &str = include_str!("tshark-differences.tsv");

/// The accepted differences: capture, field, packets (`3,7-9`), reason.
fn accepted() -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    for line in ACCEPTED.lines().filter(|line| !line.starts_with('#')) {
        let [capture, field, packets, reason] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
        assert!(reason.len() > 20, "`{line}` needs a reason");
        let field = Field::ALL
            .into_iter()
            .find(|known| known.name() == field)
            .unwrap();
        for range in packets.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (u64, u64) = (first.parse().unwrap(), last.parse().unwrap());
            places.extend((first..=last).map(|packet| Place {
                capture: capture.to_owned(),
                field,
                packet,
            }));
        }
    }
    places
}

/// Every capture under the folder, in name order.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let is_capture = path
                .extension()
                .is_some_and(|extension| extension == "pcap" || extension == "pcapng");
            if path.is_dir() {
                folders.push(path);
            } else if is_capture {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What all captures gave.
#[derive(Default)]
struct Result {
    differences: Differences,
    compared: BTreeMap<Field, usize>,
}

fn compare_all(folder: &Path) -> Result {
    let queue = Mutex::new(captures(folder));
    let result = Mutex::new(Result::default());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(path) = { queue.lock().unwrap().pop() } {
                    let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                    let ours = ours(&path);
                    let theirs = without_carriers(&ours, theirs(&path));
                    let differences = compare(name, &ours, &theirs);
                    let mut result = result.lock().unwrap();
                    for ((_, field), codes) in theirs {
                        *result.compared.entry(field).or_default() += codes.len();
                    }
                    result.differences.extend(differences);
                }
            });
        }
    });
    result.into_inner().unwrap()
}

#[test]
fn function_codes_are_tsharks_in_every_packet_of_every_capture() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/captures");
    if !folder.is_dir() {
        println!("not run: there is no {}", folder.display());
        return;
    }
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("not run: tshark is not installed");
        return;
    }
    let Result {
        differences,
        compared,
    } = compare_all(&folder);
    println!("codes compared: {compared:?}");
    for field in Field::ALL {
        assert!(compared.contains_key(&field), "no capture has {field}");
    }
    let accepted = accepted();
    let new: Vec<_> = differences
        .iter()
        .filter(|(place, _)| !accepted.contains(place))
        .map(|(place, both)| {
            format!(
                "{} packet {}, {}: {both}",
                place.capture, place.packet, place.field
            )
        })
        .collect();
    assert!(
        new.is_empty(),
        "{} new differences:\n{}",
        new.len(),
        new.join("\n")
    );
    let gone: Vec<_> = accepted
        .iter()
        .filter(|place| !differences.contains_key(place))
        .collect();
    assert!(
        gone.is_empty(),
        "accepted differences that don't occur any more: {gone:#?}"
    );
}
