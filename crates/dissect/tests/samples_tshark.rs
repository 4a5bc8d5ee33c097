//! The samples of protocols of which no capture is at hand, against tshark, field by field.
//!
//! Every sample is written to a capture of its own, a packet a turn, and read by both: tshark by the protocol's port,
//! we by its session. What a packet says in a field has to be the same. A protocol is a line in [`PROTOCOLS`]. Needs
//! the Debian package tshark; without it the test says "not run".

#![expect(clippy::unwrap_used, reason = "a test's helpers may fail as its body may")]

use cofferdam_dissect::{
    Address, Anomaly, Carrier, Context, Identity, IdentityField, Message, Outcome, REGISTRY, Role, Sample,
    Side, Sink,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// A protocol that is compared.
struct Protocol {
    /// As it is registered.
    name: &'static str,
    /// What else tshark has to be told, as `-d` or `-o` and its value.
    settings: &'static [&'static str],
    fields: &'static [Field],
}

/// What is compared: tshark's field, and what we tell in its place.
struct Field(&'static str, fn(&Told<'_>) -> Vec<u64>);

/// One thing that a session tells.
enum Told<'a> {
    Message(&'a Message<'a>),
    Identity(&'a Identity<'a>),
}

/// One line a protocol.
const PROTOCOLS: &[Protocol] = &[
    Protocol {
        name: "ads",
        settings: &[],
        fields: &[
            Field("ams.cmdid", |told| of_protocol("ads", told, function)),
            Field("ams.invokeid", |told| of_protocol("ads", told, transaction)),
            Field("ams.ads_indexgroup", |told| ads_place(told, |group, _| group)),
            Field("ams.ads_indexoffset", |told| ads_place(told, |_, bit| bit / 8)),
            Field("ams.ads_devicename", |told| {
                of_protocol("ads", told, |told| fact(told, IdentityField::Product))
            }),
        ],
    },
    Protocol {
        name: "amqp",
        settings: &[],
        fields: &[
            Field("amqp.method.class", |told| amqp_method(told, |code| code >> 16)),
            Field("amqp.method.method", |told| {
                amqp_method(told, |code| code & 0xffff)
            }),
            Field("amqp.method.arguments.delivery_tag", |told| {
                of_protocol("amqp", told, transaction)
            }),
            Field("amqp.method.arguments.exchange", |told| {
                amqp_names(told, "exchange")
            }),
            Field("amqp.method.arguments.queue", |told| amqp_names(told, "queue")),
            Field("amqp.method.arguments.routing_key", |told| {
                amqp_names(told, "routing-key")
            }),
            Field("amqp.performative.arguments.containerId", |told| {
                amqp_names(told, "container")
            }),
        ],
    },
    Protocol {
        name: "hart-ip",
        settings: &[],
        fields: &[
            Field("hart_ip.transaction_id", transaction),
            Field("hart_ip.pt.command", |told| of_protocol("hart", told, function)),
            Field("hart_ip.pt.response_code", |told| {
                of_protocol("hart", told, status)
            }),
            Field("hart_ip.pt.rsp.device_id", |told| {
                fact(told, IdentityField::Serial)
            }),
            Field("hart_ip.pt.rsp.tag", |told| fact(told, IdentityField::HostName)),
            Field("hart_ip.pt.rsp.pv_loop_current", |told| {
                hart_value(told, "loop current")
            }),
            Field("hart_ip.pt.rsp.pv", |told| hart_value(told, "primary variable")),
            Field("hart_ip.pt.rsp.sv", |told| hart_value(told, "secondary variable")),
        ],
    },
    Protocol {
        name: "ethercat",
        settings: &[],
        fields: &[
            Field("ecat_mailbox.coe.sdoidx", |told| {
                of_protocol("coe", told, |told| path(told, |class, _| class))
            }),
            Field("ecat_mailbox.coe.sdosub", |told| {
                of_protocol("coe", told, |told| path(told, |_, instance| instance))
            }),
            Field("ecat.cmd", |told| of_protocol("ethercat", told, function)),
        ],
    },
    Protocol {
        name: "knxnet-ip",
        settings: &[],
        fields: &[
            Field("knxip.service", |told| of_protocol("knxnet-ip", told, function)),
            Field("knxip.device.name", |told| fact(told, IdentityField::HostName)),
        ],
    },
    Protocol {
        name: "kerberos",
        settings: &[],
        fields: &[Field("kerberos.msg_type", function)],
    },
    Protocol {
        name: "fins",
        settings: &[],
        fields: &[Field("omron.command", |told| of_protocol("fins", told, function))],
    },
    Protocol {
        name: "dhcp",
        settings: &[],
        fields: &[
            Field("dhcp.option.dhcp", function),
            Field("dhcp.option.hostname", |told| fact(told, IdentityField::HostName)),
        ],
    },
    Protocol {
        name: "tftp",
        settings: &[],
        fields: &[Field("tftp.opcode", function)],
    },
    Protocol {
        name: "ftp",
        settings: &[],
        fields: &[Field("ftp.request.arg", names)],
    },
];

/// A part of a method's code; heartbeats and protocol headers are none.
fn amqp_method(told: &Told<'_>, part: fn(u32) -> u32) -> Vec<u64> {
    match told {
        Told::Message(message) if message.protocol.0 == "amqp" => Some(message.function.code)
            .filter(|code| (0x1_0000..0x8000_0000).contains(code))
            .map(|code| part(code).into())
            .into_iter()
            .collect(),
        Told::Message(_) | Told::Identity(_) => Vec::new(),
    }
}

/// The names of one kind that a message addresses.
fn amqp_names(told: &Told<'_>, wanted: &str) -> Vec<u64> {
    match told {
        Told::Message(message) => message
            .objects
            .iter()
            .filter_map(|object| match object.address {
                Address::Name { kind, name } if kind == wanted => Some(digest(name)),
                Address::Name { .. }
                | Address::Points { .. }
                | Address::Memory { .. }
                | Address::Block { .. }
                | Address::Path { .. } => None,
            })
            .collect(),
        Told::Identity(_) => Vec::new(),
    }
}

/// What a request's memory is: the group of ADS, and the offset in it.
fn ads_place(told: &Told<'_>, part: fn(u32, u32) -> u32) -> Vec<u64> {
    match told {
        Told::Message(message) if message.role == Role::Request => message
            .objects
            .iter()
            .filter_map(|object| match object.address {
                Address::Memory { block, bit, .. } => Some(part(block, bit).into()),
                Address::Name { .. }
                | Address::Points { .. }
                | Address::Block { .. }
                | Address::Path { .. } => None,
            })
            .collect(),
        Told::Message(_) | Told::Identity(_) => Vec::new(),
    }
}

/// The number that a HART answer or burst gives for a parameter: its last four bytes, behind the unit if it has one.
fn hart_value(told: &Told<'_>, parameter: &str) -> Vec<u64> {
    match told {
        Told::Message(message) if message.role != Role::Request => message
            .objects
            .iter()
            .filter(
                |object| matches!(object.address, Address::Name { name, .. } if name == parameter.as_bytes()),
            )
            .filter_map(|object| object.value?.last_chunk::<4>())
            .flat_map(|bytes| numbers(&f32::from_be_bytes(*bytes).to_string()))
            .collect(),
        Told::Message(_) | Told::Identity(_) => Vec::new(),
    }
}

/// Places where the two differ and ours is right: protocol, sample, tshark's field, why.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "ads",
        "a symbol by its handle, a notification of it, a list",
        "ams.ads_indexgroup",
        "a handle and a list are told by the symbols and places that they stand for",
    ),
    (
        "ads",
        "a symbol by its handle, a notification of it, a list",
        "ams.ads_indexoffset",
        "a handle and a list are told by the symbols and places that they stand for",
    ),
    (
        "hart-ip",
        "a range that is refused, a fixed current, a burst, in datagrams",
        "hart_ip.pt.rsp.pv_loop_current",
        "the answer to command 40 repeats the loop current (HCF_SPEC-151), which tshark doesn't read",
    ),
    (
        "dhcp",
        "a renewal that is refused",
        "dhcp.option.hostname",
        "the name is the client's full one (option 81, RFC 4702), which tshark has in another field",
    ),
    (
        "dhcp",
        "BOOTP without a message type",
        "dhcp.option.dhcp",
        "BOOTP has no message type (RFC 951); its operations have codes of our own",
    ),
    (
        "ftp",
        "a file is fetched without an account",
        "ftp.request.arg",
        "the argument of PASS is a password, which is never told",
    ),
];

/// A message's function code.
fn function(told: &Told<'_>) -> Vec<u64> {
    match told {
        Told::Message(message) => vec![message.function.code.into()],
        Told::Identity(_) => Vec::new(),
    }
}

/// The number by which requests and answers pair.
fn transaction(told: &Told<'_>) -> Vec<u64> {
    match told {
        Told::Message(message) => message.transaction.map(u64::from).into_iter().collect(),
        Told::Identity(_) => Vec::new(),
    }
}

/// A part of the path of each object: its class, or its instance.
fn path(told: &Told<'_>, part: fn(u32, u32) -> u32) -> Vec<u64> {
    match told {
        Told::Message(message) => message
            .objects
            .iter()
            .filter_map(|object| match object.address {
                Address::Path { class, instance, .. } => {
                    Some(part(class, instance.unwrap_or_default()).into())
                }
                Address::Name { .. }
                | Address::Points { .. }
                | Address::Block { .. }
                | Address::Memory { .. } => None,
            })
            .collect(),
        Told::Identity(_) => Vec::new(),
    }
}

/// What an answer or a report says of its success, 0 if that.
fn status(told: &Told<'_>) -> Vec<u64> {
    match told {
        Told::Message(message) => match (message.role, message.outcome) {
            (Role::Request, _) => Vec::new(),
            (Role::Response | Role::Unsolicited, Outcome::None | Outcome::Success) => vec![0],
            (Role::Response | Role::Unsolicited, Outcome::Failure { code, .. }) => vec![code.into()],
        },
        Told::Identity(_) => Vec::new(),
    }
}

/// What `field` says of one of several protocols that a session tells.
fn of_protocol(name: &str, told: &Told<'_>, field: fn(&Told<'_>) -> Vec<u64>) -> Vec<u64> {
    let protocol = match told {
        Told::Message(message) => message.protocol,
        Told::Identity(identity) => identity.protocol,
    };
    if protocol.0 == name {
        field(told)
    } else {
        Vec::new()
    }
}

/// The names that a message addresses.
fn names(told: &Told<'_>) -> Vec<u64> {
    match told {
        Told::Message(message) => message
            .objects
            .iter()
            .filter_map(|object| match object.address {
                Address::Name { name, .. } => Some(digest(name)),
                Address::Points { .. }
                | Address::Memory { .. }
                | Address::Block { .. }
                | Address::Path { .. } => None,
            })
            .collect(),
        Told::Identity(_) => Vec::new(),
    }
}

/// A fact of one kind.
fn fact(told: &Told<'_>, field: IdentityField) -> Vec<u64> {
    match told {
        Told::Identity(identity) if identity.field == field => vec![digest(identity.value)],
        Told::Message(_) | Told::Identity(_) => Vec::new(),
    }
}

/// Writes down what a session tells in the fields that are compared.
struct Compared<'p> {
    fields: &'p [Field],
    /// By field, in the order in which it was told.
    told: Vec<Vec<u64>>,
}

impl Compared<'_> {
    fn note(&mut self, told: &Told<'_>) {
        for (Field(_, ours), values) in self.fields.iter().zip(&mut self.told) {
            values.extend(ours(told));
        }
    }
}

impl Sink for Compared<'_> {
    fn message(&mut self, message: &Message<'_>) {
        self.note(&Told::Message(message));
    }

    fn identity(&mut self, identity: &Identity<'_>) {
        self.note(&Told::Identity(identity));
    }

    fn anomaly(&mut self, _: &Anomaly) {}
}

/// What a packet says, by field, each in ascending order: the two may tell several messages of one in another order.
type Packets = Vec<Vec<Vec<u64>>>;

fn ours(protocol: &Protocol, sample: &Sample) -> Packets {
    let registration = REGISTRY
        .iter()
        .find(|entry| entry.protocol.0 == protocol.name)
        .unwrap();
    let mut session = (registration.open)();
    let mut held: BTreeMap<Side, Vec<u8>> = BTreeMap::new();
    sample
        .turns
        .iter()
        .map(|(context, bytes)| {
            let kept = held.entry(context.side).or_default();
            kept.extend_from_slice(bytes);
            let mut compared = Compared {
                fields: protocol.fields,
                told: vec![Vec::new(); protocol.fields.len()],
            };
            let progress = session.parse(*context, kept, &mut compared).unwrap();
            drop(kept.drain(..progress.consumed));
            compared.told.iter_mut().for_each(|values| values.sort_unstable());
            compared.told
        })
        .collect()
}

fn theirs(protocol: &Protocol, sample: &Sample) -> Packets {
    let file: PathBuf = std::env::temp_dir().join(format!(
        "cofferdam-samples-{}-{}.pcap",
        protocol.name,
        std::process::id()
    ));
    #[expect(clippy::disallowed_methods, reason = "the test hands tshark a file")]
    std::fs::write(&file, capture(sample)).unwrap();
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "aggregator=;", "-r"]);
    command.arg(&file).args(protocol.settings);
    for Field(name, _) in protocol.fields {
        command.args(["-e", name]);
    }
    // Somebody's own settings must not change the result.
    command.env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    let output = command.output().unwrap();
    std::fs::remove_file(&file).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {complaint}", protocol.name);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| line.split('\t').map(numbers).collect())
        .collect()
}

/// The values of one field. Text is told by its [`digest`] on both sides.
fn numbers(column: &str) -> Vec<u64> {
    let mut all: Vec<u64> = column
        .split(';')
        .filter(|text| !text.is_empty())
        .map(|text| match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
            None => text.parse().unwrap_or_else(|_| digest(text.trim().as_bytes())),
        })
        .collect();
    all.sort_unstable();
    all
}

/// A number for a text, so that texts are compared as numbers are (FNV-1a, which nothing else depends on).
fn digest(text: &[u8]) -> u64 {
    text.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A sample as a capture: Ethernet, a packet a turn.
fn capture(sample: &Sample) -> Vec<u8> {
    let mut file = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
    ];
    let mut sent: BTreeMap<Side, u32> = BTreeMap::new();
    for (number, (context, bytes)) in sample.turns.iter().enumerate() {
        let frame = frame(*context, bytes, &mut sent);
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        file.extend(u32::try_from(number).unwrap().to_le_bytes());
        file.extend([[0; 4], length, length].concat());
        file.extend(frame);
    }
    file
}

fn frame(context: Context, bytes: &[u8], sent: &mut BTreeMap<Side, u32>) -> Vec<u8> {
    let [to, from] = match context.side {
        Side::Initiator => [2, 1],
        Side::Responder => [1, 2],
    };
    let ethernet = |number: u16| {
        [
            &[2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from][..],
            &number.to_be_bytes(),
        ]
        .concat()
    };
    let ports = match context.side {
        Side::Initiator => [50_000, context.port],
        Side::Responder => [context.port, 50_000],
    };
    let ports = ports.map(u16::to_be_bytes).concat();
    let (number, head) = match context.carrier {
        Carrier::Ethernet(number) => return [ethernet(number.0), bytes.to_vec()].concat(),
        Carrier::Udp => {
            let length = u16::try_from(8 + bytes.len()).unwrap().to_be_bytes();
            (17, [&ports[..], &length, &[0, 0]].concat())
        }
        Carrier::Tcp => {
            let sequence = *sent.get(&context.side).unwrap_or(&1);
            let seen = *sent.get(&context.side.other()).unwrap_or(&1);
            sent.insert(context.side, sequence + u32::try_from(bytes.len()).unwrap());
            let numbers = [sequence.to_be_bytes(), seen.to_be_bytes()].concat();
            (
                6,
                [&ports[..], &numbers, &[0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0]].concat(),
            )
        }
    };
    let length = u16::try_from(20 + head.len() + bytes.len())
        .unwrap()
        .to_be_bytes();
    let ip = [
        0x45, 0, length[0], length[1], 0, 1, 0, 0, 64, number, 0, 0, 10, 0, 0, from, 10, 0, 0, to,
    ];
    [ethernet(0x0800), ip.to_vec(), head, bytes.to_vec()].concat()
}

#[test]
fn samples_say_to_tshark_what_they_say_to_us() {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("not run: tshark is not installed");
        return;
    }
    let mut differences = Vec::new();
    let mut accepted = Vec::new();
    for protocol in PROTOCOLS {
        let registration = REGISTRY
            .iter()
            .find(|entry| entry.protocol.0 == protocol.name)
            .unwrap();
        let mut compared = vec![0; protocol.fields.len()];
        for sample in registration.samples {
            let (ours, theirs) = (ours(protocol, sample), theirs(protocol, sample));
            assert_eq!(ours.len(), theirs.len(), "{}: {}", protocol.name, sample.name);
            for (turn, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
                for (index, Field(field, _)) in protocol.fields.iter().enumerate() {
                    compared[index] += theirs[index].len();
                    if ours[index] == theirs[index] {
                        continue;
                    }
                    let place = (protocol.name, sample.name, *field);
                    if DIFFERENCES
                        .iter()
                        .any(|(name, sample, field, _)| (*name, *sample, *field) == place)
                    {
                        accepted.push(place);
                    } else {
                        differences.push(format!(
                            "{}: {}, turn {turn}, {field}: ours {:x?}, tshark's {:x?}",
                            protocol.name, sample.name, ours[index], theirs[index]
                        ));
                    }
                }
            }
        }
        println!("{}: values compared {compared:?}", protocol.name);
        for (Field(field, _), count) in protocol.fields.iter().zip(compared) {
            assert!(count > 0, "{}: no sample has {field}", protocol.name);
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
    for (name, sample, field, reason) in DIFFERENCES {
        assert!(reason.len() > 20, "{name}, {sample}: {field} needs a reason");
        assert!(
            accepted.contains(&(name, sample, field)),
            "accepted, but doesn't occur any more: {name}, {sample}: {field}"
        );
    }
}
