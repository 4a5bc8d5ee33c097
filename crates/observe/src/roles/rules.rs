//! The table of role rules. A new hint is a line here.
//!
//! Words of roles are those of the plant model; a test holds that. Words are looked for in small letters.

use super::questions::{
    PRODUCT, PROGRAMS, answers, asked, controllers, hosts, is_one_of, is_public, made_by, modbus_units,
    named, offers_office, peers, says, sends_type, some, sum,
};
use super::words::{
    CONTROLLER, CONTROLLER_BUT_MODBUS, CONTROLLER_MAKERS, DESKTOP, DRIVE_PRODUCTS, FIELD_PRODUCTS,
    GATEWAY_PRODUCTS, OFFICE, PANEL_CONTROLLERS, PANEL_PRODUCTS, PLC_PRODUCTS, REMOTE, ROUTER_MAKERS,
    SAFETY_PRODUCTS, SERVER_NAMES, SWITCH_MAKERS, SWITCH_PRODUCTS, TELECONTROL,
};
use super::{Rule, rule};
use cofferdam_dissect::IdentityField;
use cofferdam_terms::{EtherType, OperationClass, OperationSet};

pub(super) const RULES: &[Rule] = &[
    // Controllers.
    rule("plc", 0.4, |it| answers(it, &["modbus"])),
    rule("plc", 0.55, |it| answers(it, CONTROLLER_BUT_MODBUS)),
    rule("plc", 0.3, |it| {
        let sent = sum(
            &it.evidence.answered,
            CONTROLLER,
            PROGRAMS.with(OperationClass::Control),
        );
        some(sent.requests > 0, || {
            format!("was sent {} program or control requests", sent.requests)
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
    rule("field-device", 0.45, |it| {
        let sends = sends_type(
            it,
            &[EtherType::PROFINET, EtherType::ETHERCAT],
            "sends PROFINET or EtherCAT frames",
        )?;
        some(answers(it, CONTROLLER).is_none(), || sends)
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
            all.peers > 0 && all.peers == all.near && all.peers <= PANEL_CONTROLLERS,
            || "all of them are in its own network".to_owned(),
        )
    }),
    rule("hmi", 0.2, |it| {
        let all = asked(it);
        some(all.reads == 0 && all.writes > 0 && all.programs == 0, || {
            format!("sends {} writes or commands and reads nothing", all.writes)
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
                "sent {} program or firmware requests to {}",
                sent.requests,
                controllers(sent.programmed)
            )
        })
    }),
    rule("engineering-workstation", 0.35, |it| {
        let sent = sum(
            &it.evidence.asked,
            CONTROLLER,
            OperationSet::EMPTY.with(OperationClass::Configure),
        );
        some(sent.requests > 0, || {
            format!("sent {} configuration requests", sent.requests)
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
        some(it.fronts > 0, || {
            format!("carries for {} addresses that are not its own", it.fronts)
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
            format!("uses {used} services of office computers and serves none")
        })
    }),
    rule("workstation", 0.4, |it| {
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
