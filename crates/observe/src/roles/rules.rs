//! The table of role rules. A new hint is a line here.
//!
//! Words of roles are those of the plant model; a test holds that. Words are looked for in small letters.

use super::questions::{
    PRODUCT, PROGRAMS, READS, WRITES, answers, asked, controllers, hosts, is_one_of, is_public, made_by,
    modbus_units, named, offers_office, peers, says, sends_type, some, sum,
};
use super::words::{
    BUILDING, CONFIGURED, CONTROLLER, CONTROLLER_BUT_MODBUS, CONTROLLER_MAKERS, DESKTOP, DRIVE_PRODUCTS,
    FIELD_PRODUCTS, GATEWAY_PRODUCTS, NODE_PRODUCTS, OFFICE, PANEL_CONTROLLERS, PANEL_PRODUCTS, PLC_PRODUCTS,
    REMOTE, ROUTER_MAKERS, SAFETY_PRODUCTS, SERVER_NAMES, SWITCH_MAKERS, SWITCH_PRODUCTS, TELECONTROL,
};
use super::{Rule, Subject, rule};
use crate::counted::{counted, counted_here};
use crate::evidence::Offered;
use cofferdam_dissect::{IdentityField, Protocol};
use cofferdam_terms::{EtherType, OperationClass, OperationSet, Transport};

/// What a device is most likely that a gateway or rack answers for: role, weight and why.
pub(super) fn of_unit(protocol: Protocol) -> Option<(&'static str, f64, &'static str)> {
    match protocol.0 {
        "modbus" => Some((
            "field-device",
            0.45,
            "instruments and drives on serial lines are asked so",
        )),
        "dnp3" | "c37118" => Some(("rtu", 0.5, "outstations and protection devices are asked so")),
        "bacnet" => Some(("field-device", 0.4, "room and unit controllers are asked so")),
        _ => None,
    }
}

/// So many reads show what a device is there for.
const MANY_READS: u64 = 100;
/// With so many reads for each write, what is written is an adjustment and no control.
const READS_PER_WRITE: u64 = 50;

/// Serves in one of the protocols, as far as its port tells, though no message was read: there is no dissector, or the
/// connection said nothing of substance.
fn serves_unread(it: &Subject<'_>, protocols: &[&str]) -> Option<String> {
    let served = it.evidence.serves.iter().find(|one| is_one_of(one, protocols))?;
    let (protocol, _, port) = served.service;
    some(answers(it, protocols).is_none(), || {
        format!(
            "serves port {port}, which is {}'s, to {}",
            protocol.map_or("a controller", |protocol| protocol.0),
            hosts(served.peers.count())
        )
    })
}

pub(super) const RULES: &[Rule] = &[
    // Controllers.
    rule("plc", 0.4, |it| answers(it, &["modbus"])),
    rule("plc", 0.55, |it| answers(it, CONTROLLER_BUT_MODBUS)),
    rule("plc", 0.45, |it| answers(it, BUILDING)),
    rule("plc", 0.3, |it| serves_unread(it, CONTROLLER)),
    rule("plc", 0.35, |it| {
        let serves = it.evidence.serves.iter().any(|one| is_one_of(one, &["opcua"]));
        some(serves && made_by(it, CONTROLLER_MAKERS).is_some(), || {
            "serves OPC UA itself, and is a maker of controllers'".to_owned()
        })
    }),
    rule("plc", 0.6, |it| {
        says(
            it,
            &[IdentityField::DeviceType],
            &["io controller", "profinet io controller"],
        )
    }),
    rule("plc", 0.3, |it| {
        let sent = sum(
            &it.evidence.answered,
            CONTROLLER,
            PROGRAMS.with(OperationClass::Control),
        );
        some(sent.requests > 0, || {
            format!(
                "was sent {} to program or control it",
                counted(sent.requests, "request")
            )
        })
    }),
    rule("plc", 0.75, |it| says(it, PRODUCT, PLC_PRODUCTS)),
    rule("plc", 0.2, |it| made_by(it, CONTROLLER_MAKERS)),
    rule("safety-controller", 0.93, |it| says(it, PRODUCT, SAFETY_PRODUCTS)),
    rule("safety-controller", 0.6, |it| {
        named(it, &["sis", "esd", "safety"])
    }),
    // Telecontrol and protection.
    rule("rtu", 0.65, |it| answers(it, TELECONTROL)),
    rule("rtu", 0.35, |it| serves_unread(it, TELECONTROL)),
    rule("rtu", 0.6, |it| {
        sends_type(
            it,
            &[EtherType::GOOSE, EtherType::SAMPLED_VALUES],
            "publishes GOOSE or sampled values",
        )
    }),
    rule("rtu", 0.25, |it| {
        made_by(
            it,
            &[
                "schweitzer",
                "ge energy",
                "general electric digital energy",
                "abb",
            ],
        )
    }),
    rule("rtu", 0.5, |it| named(it, &["rtu", "ied"])),
    // The field.
    rule("field-device", 0.3, |it| {
        let others = answers(it, CONTROLLER_BUT_MODBUS).is_some();
        let sent = sum(
            &it.evidence.answered,
            CONTROLLER,
            PROGRAMS.with(OperationClass::Control),
        );
        let sentence = answers(it, &["modbus"])?;
        some(!others && sent.requests == 0, || {
            format!("{sentence} and was never programmed or commanded")
        })
    }),
    rule("field-device", 0.5, |it| {
        let others = answers(it, CONTROLLER_BUT_MODBUS).is_some();
        let modbus = |classes| sum(&it.evidence.answered, &["modbus"], classes).requests;
        let (reads, writes) = (modbus(READS), modbus(WRITES));
        some(
            !others && reads >= MANY_READS && writes * READS_PER_WRITE <= reads,
            || {
                format!(
                    "is read and hardly ever written to: {}, {}",
                    counted(reads, "read"),
                    counted(writes, "write")
                )
            },
        )
    }),
    rule("field-device", 0.35, |it| says(it, PRODUCT, NODE_PRODUCTS)),
    rule("plc", 0.35, |it| says(it, PRODUCT, NODE_PRODUCTS)),
    rule("field-device", 0.45, |it| {
        let sends = sends_type(
            it,
            &[EtherType::PROFINET, EtherType::ETHERCAT],
            "sends PROFINET or EtherCAT frames",
        )?;
        // Who looks for devices and names them is none.
        let asks = sum(&it.evidence.asked, &["profinet"], OperationSet::ALL).requests > 0;
        some(answers(it, CONTROLLER).is_none() && !asks, || sends)
    }),
    rule("field-device", 0.55, |it| {
        says(
            it,
            &[IdentityField::DeviceType],
            &["profinet io device", "io device"],
        )
    }),
    rule("field-device", 0.8, |it| says(it, PRODUCT, FIELD_PRODUCTS)),
    rule("drive", 0.88, |it| says(it, PRODUCT, DRIVE_PRODUCTS)),
    rule("drive", 0.5, |it| named(it, &["drive", "vfd", "vsd"])),
    // Operators.
    rule("hmi", 0.5, |it| {
        let all = asked(it);
        some(all.operates() && all.peers <= PANEL_CONTROLLERS, || all.told())
    }),
    rule("hmi", 0.2, |it| {
        let all = asked(it);
        some(all.only_reads() && all.peers <= PANEL_CONTROLLERS, || {
            all.told_reads()
        })
    }),
    rule("hmi", 0.25, |it| {
        let all = asked(it);
        some(
            all.reads + all.writes > 0
                && all.programs == 0
                && all.peers == all.near
                && all.peers <= PANEL_CONTROLLERS,
            || "all of them are in its own network".to_owned(),
        )
    }),
    rule("hmi", 0.2, |it| {
        let all = asked(it);
        some(all.reads == 0 && all.writes > 0 && all.programs == 0, || {
            let plural = if all.writes == 1 { "" } else { "s" };
            format!(
                "sends {} write{plural} or command{plural} and reads nothing",
                all.writes
            )
        })
    }),
    rule("hmi", 0.88, |it| says(it, PRODUCT, PANEL_PRODUCTS)),
    rule("hmi", 0.6, |it| named(it, &["hmi", "panel", "op"])),
    rule("scada-server", 0.6, |it| {
        let all = asked(it);
        some(all.operates() && all.peers > PANEL_CONTROLLERS, || all.told())
    }),
    rule("scada-server", 0.5, |it| {
        let all = asked(it);
        some(all.only_reads() && all.peers > PANEL_CONTROLLERS, || {
            all.told_reads()
        })
    }),
    rule("scada-server", 0.3, |it| {
        let all = asked(it);
        some(all.protocols > 1 && all.peers > PANEL_CONTROLLERS, || {
            format!("speaks to controllers in {} protocols", all.protocols)
        })
    }),
    rule("scada-server", 0.6, |it| {
        named(it, &["scada", "dcs", "wincc", "ignition", "iconics", "citect"])
    }),
    rule("scada-server", 0.35, |it| {
        let streams = sum(&it.evidence.asked, &["c37118"], READS);
        some(streams.requests > 0, || {
            format!(
                "collects synchrophasors, as concentrators do: {} messages",
                streams.requests
            )
        })
    }),
    rule("historian", 0.35, |it| {
        let all = asked(it);
        some(all.only_reads() && all.peers > 1 && all.near < all.peers, || {
            format!("{}, some of them in other networks", all.told_reads())
        })
    }),
    rule("historian", 0.6, |it| {
        let serves = it
            .evidence
            .serves
            .iter()
            .find(|one| is_one_of(one, &["osisoft-pi"]))?;
        Some(format!("serves a historian's port, tcp {}", serves.service.2))
    }),
    rule("historian", 0.6, |it| {
        named(it, &["historian", "hist", "pi", "phd", "proficy"])
    }),
    rule("engineering-workstation", 0.75, |it| {
        let sent = sum(&it.evidence.asked, CONTROLLER, PROGRAMS);
        some(sent.requests > 0, || {
            format!(
                "sent {} for program or firmware to {}",
                counted(sent.requests, "request"),
                controllers(sent.programmed)
            )
        })
    }),
    rule("engineering-workstation", 0.35, |it| {
        let sent = sum(
            &it.evidence.asked,
            CONFIGURED,
            OperationSet::EMPTY.with(OperationClass::Configure),
        );
        some(sent.requests > 0, || {
            format!("sent {} to configure", counted(sent.requests, "request"))
        })
    }),
    rule("engineering-workstation", 0.6, |it| {
        named(
            it,
            &[
                "ews",
                "engws",
                "eng",
                "engineering",
                "es",
                "tia",
                "step",
                "studio",
            ],
        )
    }),
    rule("engineering-workstation", 0.7, |it| {
        says(it, &[IdentityField::DeviceType], &["workbench"])
    }),
    rule("mes", 0.6, |it| named(it, &["mes", "mro", "cmms"])),
    // Ways in, and what joins networks.
    rule("jump-host", 0.75, |it| {
        let inside = it.evidence.serves.iter().filter(|one| is_one_of(one, REMOTE));
        let outside = it.evidence.uses.iter().filter(|one| is_one_of(one, REMOTE));
        let (inside, outside) = (peers(inside), peers(outside));
        some(inside > 0 && outside > 0, || {
            format!(
                "takes remote sessions from {} and opens them to {}",
                hosts(inside),
                hosts(outside)
            )
        })
    }),
    rule("jump-host", 0.6, |it| {
        named(it, &["jump", "jumphost", "bastion", "jh"])
    }),
    rule("gateway", 0.75, |it| {
        let all = asked(it);
        let clients = it.evidence.serves.iter().filter(|one| is_one_of(one, &["opcua"]));
        let clients = peers(clients);
        some(all.peers > 0 && clients > 0, || {
            format!(
                "asks {} and serves OPC UA to {}",
                controllers(all.peers),
                hosts(clients)
            )
        })
    }),
    rule("gateway", 0.45, |it| {
        let units = modbus_units(it);
        some(units > 1, || format!("{units} Modbus units answer through it"))
    }),
    rule("gateway", 0.4, |it| {
        let units = modbus_units(it);
        some(units > 3, || {
            format!("{units} units are more than one device has")
        })
    }),
    rule("gateway", 0.8, |it| says(it, PRODUCT, GATEWAY_PRODUCTS)),
    rule("gateway", 0.6, |it| named(it, &["gw", "gateway"])),
    rule("switch", 0.45, |it| {
        sends_type(it, &[EtherType(0)], "sends 802.2 frames, as spanning tree does")
    }),
    rule("switch", 0.3, |it| made_by(it, SWITCH_MAKERS)),
    rule("switch", 0.8, |it| says(it, PRODUCT, SWITCH_PRODUCTS)),
    rule("switch", 0.6, |it| named(it, &["sw", "switch"])),
    rule("router", 0.6, |it| {
        some(it.fronts > 0, || match it.fronts {
            1 => "carries for 1 address that is not its own".to_owned(),
            many => format!("carries for {many} addresses that are not its own"),
        })
    }),
    rule("router", 0.6, |it| {
        some(it.fronts > 2, || "so many can't be one host's".to_owned())
    }),
    rule("router", 0.5, |it| made_by(it, ROUTER_MAKERS)),
    rule("router", 0.5, |it| {
        says(it, &[IdentityField::Offers], &["router"])
    }),
    rule("router", 0.6, |it| {
        named(it, &["router", "rtr", "fw", "firewall"])
    }),
    // Everything else.
    rule("server", 0.3, |it| offers_office(it, 1)),
    rule("server", 0.3, |it| offers_office(it, 3)),
    rule("server", 0.2, |it| {
        let clients = peers(it.evidence.serves.iter().filter(|one| is_one_of(one, &["opcua"])));
        some(clients > 0 && asked(it).peers == 0, || {
            format!("serves OPC UA to {}", hosts(clients))
        })
    }),
    rule("server", 0.4, |it| named(it, SERVER_NAMES)),
    rule("workstation", 0.3, |it| {
        let used = it
            .evidence
            .uses
            .iter()
            .filter(|one| is_one_of(one, DESKTOP))
            .count();
        let serves = it.evidence.serves.iter().any(|one| is_one_of(one, OFFICE));
        some(used > 0 && !serves && asked(it).peers == 0, || {
            let used = counted_here(used, "service");
            format!("uses {used} of office computers and serves none")
        })
    }),
    rule("workstation", 0.45, |it| {
        // Datagrams are announcements to everybody.
        let tcp = |one: &&Offered| one.service.1 == Transport::TCP && is_one_of(one, &["smb"]);
        let files = it.evidence.uses.iter().filter(tcp);
        let servers = peers(files);
        let serves = it.evidence.serves.iter().any(|one| is_one_of(one, OFFICE));
        some(servers > 0 && !serves, || {
            format!(
                "opens files on {} and serves none, as people's computers do",
                counted_here(servers, "server")
            )
        })
    }),
    rule("workstation", 0.6, |it| {
        named(it, &["ws", "pc", "desktop", "laptop", "wks"])
    }),
    rule("external", 0.85, |it| {
        let public = it.ips.iter().find(|ip| is_public(**ip))?;
        let behind = it.behind?;
        Some(format!(
            "{public} is an address of the public internet, reached through {behind}"
        ))
    }),
];
