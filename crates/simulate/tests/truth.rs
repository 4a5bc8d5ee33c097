//! The truth is true: what it names is in the frames, and what is in the frames it names.

mod common;

use cofferdam_plant::{AssetRole, ZoneKind};
use cofferdam_simulate::{CapturePoint, EventKind, Intrusion, RHYTHMS, Settings, SettingsError, Simulation};
use cofferdam_terms::{MacAddr, Transport};
use common::{hours, march, run, seen};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

#[test]
fn plants_of_every_size_have_the_asked_number_of_assets_with_unique_names_and_addresses() {
    for assets in [40, 41, 66, 300, 10_000, 20_000] {
        let settings = Settings {
            assets,
            ..Settings::default()
        };
        let simulation = Simulation::new(settings).unwrap();
        let truth = simulation.truth();
        assert_eq!(truth.assets.len(), usize::try_from(assets).unwrap());
        let ids: BTreeSet<&str> = truth.assets.iter().map(|asset| asset.id.as_str()).collect();
        assert_eq!(ids.len(), truth.assets.len());
        let interfaces: Vec<_> = truth.assets.iter().flat_map(|asset| &asset.interfaces).collect();
        let addresses: BTreeSet<Ipv4Addr> = interfaces.iter().map(|interface| interface.ip).collect();
        assert_eq!(addresses.len(), interfaces.len(), "{assets}");
        let macs: Vec<MacAddr> = interfaces.iter().filter_map(|interface| interface.mac).collect();
        assert_eq!(macs.iter().collect::<BTreeSet<_>>().len(), macs.len(), "{assets}");
        let vlans: BTreeMap<Ipv4Addr, u16> = interfaces
            .iter()
            .map(|interface| (network(interface.ip), interface.vlan.get()))
            .collect();
        assert!(
            interfaces
                .iter()
                .all(|interface| vlans[&network(interface.ip)] == interface.vlan.get())
        );
    }
}

fn network(address: Ipv4Addr) -> Ipv4Addr {
    Ipv4Addr::from_bits(address.to_bits() & 0xffff_ff00)
}

#[test]
fn roles_and_zone_kinds_are_the_plant_model_s_words() {
    let settings = Settings {
        intrusions: Intrusion::ALL.to_vec(),
        ..Settings::default()
    };
    let simulation = Simulation::new(settings).unwrap();
    let truth = simulation.truth();
    let roles = AssetRole::ALL.map(AssetRole::name);
    let kinds = ZoneKind::ALL.map(ZoneKind::name);
    assert!(truth.assets.iter().all(|asset| roles.contains(&asset.role)));
    assert!(truth.zones.iter().all(|zone| kinds.contains(&zone.kind)));
    let zones: BTreeSet<&str> = truth.zones.iter().map(|zone| zone.id.as_str()).collect();
    assert!(
        truth
            .assets
            .iter()
            .all(|asset| zones.contains(asset.zone.as_str()))
    );
}

#[test]
fn every_asset_but_the_sleeping_and_the_distant_shows_its_addresses_within_half_a_day() {
    for capture in CapturePoint::ALL {
        let mut bindings = BTreeSet::new();
        let settings = Settings {
            capture,
            ..hours(march(2, 0, 0), 12)
        };
        let truth = run(settings, |_, frame| {
            if seen(frame).ether_type == 0x0806 {
                let ip: [u8; 4] = frame[32..36].try_into().unwrap();
                let mac: [u8; 6] = frame[26..32].try_into().unwrap();
                bindings.insert((MacAddr(mac), Ipv4Addr::from(ip)));
            }
        });
        for asset in truth.assets.iter().filter(|asset| asset.id != "cal-laptop-1") {
            for interface in &asset.interfaces {
                // Towards the outside the firewall's address is used and never asked for.
                if let Some(mac) = interface
                    .mac
                    .filter(|_| network(interface.ip) != Ipv4Addr::new(203, 0, 113, 0))
                {
                    assert!(
                        bindings.contains(&(mac, interface.ip)),
                        "{capture:?}: {}",
                        asset.id
                    );
                }
            }
        }
    }
}

#[test]
fn every_packet_over_ip_belongs_to_a_flow_of_the_truth_and_every_flow_has_packets() {
    let settings = Settings {
        intrusions: Intrusion::ALL.to_vec(),
        ..hours(march(25, 9, 30), 26)
    };
    let mut packets: BTreeMap<(Ipv4Addr, Ipv4Addr, u8, u16), u64> = BTreeMap::new();
    let truth = run(settings, |_, frame| {
        let Some(ip) = seen(frame).ip.filter(|ip| ip.destination != Ipv4Addr::BROADCAST) else {
            return;
        };
        // The lower port is the service's here: clients use ephemeral ones, or the service's own.
        let (server, client, port) = if ip.ports.0 < ip.ports.1 {
            (ip.source, ip.destination, ip.ports.0)
        } else {
            (ip.destination, ip.source, ip.ports.1)
        };
        let key = if ip.ports.0 == ip.ports.1 {
            let ends = [server, client];
            (
                *ends.iter().min().unwrap(),
                *ends.iter().max().unwrap(),
                ip.protocol,
                port,
            )
        } else {
            (client, server, ip.protocol, port)
        };
        *packets.entry(key).or_insert(0) += 1;
    });
    let addresses: BTreeMap<&str, Ipv4Addr> = truth
        .assets
        .iter()
        .map(|asset| (asset.id.as_str(), asset.interfaces[0].ip))
        .collect();
    let mut told: BTreeMap<(Ipv4Addr, Ipv4Addr, u8, u16), u64> = BTreeMap::new();
    for flow in &truth.flows {
        let (client, server) = (
            addresses[flow.initiator.as_str()],
            addresses[flow.responder.as_str()],
        );
        let protocol = if flow.transport == Transport::TCP { 6 } else { 17 };
        let same_ports = flow.transport == Transport::UDP && flow.port != 53;
        let key = if same_ports {
            (client.min(server), client.max(server), protocol, flow.port)
        } else {
            (client, server, protocol, flow.port)
        };
        *told.entry(key).or_insert(0) += flow.packets;
    }
    // ARP before a connection counts among its flow's packets; so the truth's number is a little higher for TCP.
    for (key, counted) in &packets {
        let said = told.get(key).copied().unwrap_or_default();
        assert!(
            said >= *counted,
            "{key:?}: {counted} packets, {said} in the truth"
        );
    }
    for (key, said) in told.iter().filter(|(_, said)| **said > 0) {
        assert!(
            packets.contains_key(key),
            "{key:?} has {said} packets in the truth"
        );
    }
    for flow in truth.flows.iter().filter(|flow| flow.cause == "standing") {
        assert!(flow.packets > 0, "{flow:?}");
    }
}

#[test]
fn routed_packets_come_from_the_firewall_with_a_lower_time_to_live() {
    let settings = Settings {
        capture: CapturePoint::EveryHop,
        ..hours(march(2, 7, 0), 2)
    };
    let simulation = Simulation::new(settings.clone()).unwrap();
    let owners: BTreeMap<Ipv4Addr, (MacAddr, u16)> = simulation
        .truth()
        .assets
        .iter()
        // A firewall's own packets pass its other interfaces.
        .filter(|asset| asset.role != "router")
        .filter_map(|asset| {
            Some((
                asset.interfaces[0].ip,
                asset.interfaces[0].mac?,
                asset.interfaces[0].vlan,
            ))
        })
        .map(|(ip, mac, vlan)| (ip, (mac, vlan.get())))
        .collect();
    let mut hops: BTreeMap<u8, u64> = BTreeMap::new();
    run(settings, |number, frame| {
        let seen = seen(frame);
        let Some((ip, owner)) = seen
            .ip
            .and_then(|ip| Some((owners.get(&ip.source)?, ip)))
            .map(|(o, ip)| (ip, o))
        else {
            return;
        };
        let passed = [64_u8, 128]
            .into_iter()
            .map(|full| full.wrapping_sub(ip.ttl))
            .find(|passed| *passed < 4);
        let passed = passed.unwrap_or_else(|| panic!("frame {number} has a TTL of {}", ip.ttl));
        *hops.entry(passed).or_insert(0) += 1;
        let is_own_mac = seen.source_mac == owner.0.0;
        assert_eq!(
            is_own_mac,
            passed == 0,
            "frame {number}: TTL {} from {:?}",
            ip.ttl,
            seen.source_mac
        );
        if passed == 0 {
            assert_eq!(seen.vlan, owner.1, "frame {number} is seen in its sender's VLAN");
        }
    });
    assert_eq!(hops.keys().copied().collect::<Vec<_>>(), [0, 1, 2], "{hops:?}");
}

#[test]
fn a_month_holds_each_rhythm_and_the_calibration_on_its_last_saturday_night() {
    let month = Settings {
        poll_every: Duration::from_mins(30),
        ..hours(march(2, 0, 0), 30 * 24)
    };
    let truth = run(month, |_, _| {});
    let count = |cause: &str| truth.events.iter().filter(|event| event.cause == cause).count();
    for (cause, times) in [
        ("nightly-backup", 30),
        ("shift-report", 30),
        ("daily-report", 22),
        ("signature-update", 5),
        ("program-backup", 4),
        ("vendor-visit", 4),
        ("calibration", 1),
        ("certificate-renewal", 1),
        ("clock-check", 1),
        ("proof-test", 0),
        ("failover", 1),
    ] {
        assert_eq!(count(cause), times, "{cause}");
    }
    assert_eq!(RHYTHMS.len(), 11);
    for event in &truth.events {
        assert!(event.packets > 0, "{event:?}");
        assert!(event.id.starts_with("WO-2026-") && event.kind == EventKind::Planned);
    }
    let calibration = truth
        .events
        .iter()
        .find(|event| event.cause == "calibration")
        .unwrap();
    assert_eq!(calibration.from, march(28, 22, 0));
    assert!(calibration.assets.contains(&"cal-laptop-1".to_owned()));
    let failover = truth
        .events
        .iter()
        .find(|event| event.cause == "failover")
        .unwrap();
    assert_eq!(failover.from, march(18, 2, 0));
    assert!(failover.assets.contains(&"scada-2".to_owned()));
}

#[test]
fn an_intrusion_s_frames_are_where_the_truth_says_and_none_is_there_unasked() {
    // The intrusion, the port that its frames go to, and a byte of its payload that only it sends.
    for (intrusion, port, place, byte) in [
        (Intrusion::VendorDirect, 102, 17, 0x05),
        (Intrusion::EnterpriseScan, 502, 0, 0),
        (Intrusion::ControllerStop, 102, 17, 0x29),
        (Intrusion::RogueMaster, 20_000, 12, 0x05),
        (Intrusion::SmbSweep, 445, 16, 0x09),
    ] {
        let settings = Settings {
            intrusions: vec![intrusion],
            ..hours(march(3, 0, 0), 24)
        };
        let mut frames = Vec::new();
        let truth = run(settings, |number, frame| {
            if let Some(ip) = seen(frame).ip.filter(|ip| ip.ports.1 == port) {
                frames.push((number, ip.source, ip.payload.get(place).copied(), ip.flags));
            }
        });
        let event = truth
            .events
            .iter()
            .find(|event| event.kind == EventKind::Intrusion)
            .unwrap();
        let (first, last) = event.frames.unwrap();
        let initiators: BTreeSet<Ipv4Addr> = event
            .flows
            .iter()
            .map(|flow| &truth.flows[*flow].initiator)
            .filter_map(|id| truth.assets.iter().find(|asset| asset.id == *id))
            .map(|asset| asset.interfaces[0].ip)
            .collect();
        let found = frames.iter().filter(|(number, source, value, flags)| {
            (first..=last).contains(number)
                && initiators.contains(source)
                && if place == 0 {
                    flags & 0x12 == 0x02
                } else {
                    *value == Some(byte)
                }
        });
        assert!(found.count() > 0, "{}", intrusion.name());
        assert!(event.packets > 20, "{}", intrusion.name());
    }
    let quiet = run(hours(march(3, 0, 0), 24), |_, _| {});
    assert!(quiet.events.iter().all(|event| event.kind == EventKind::Planned));
    assert!(quiet.assets.iter().all(|asset| !asset.id.starts_with("intruder")));
}

#[test]
fn a_set_size_ends_the_capture_and_the_truth_with_it() {
    let settings = Settings {
        size: Some(3_000_000),
        ..hours(march(2, 0, 0), 24 * 300)
    };
    let mut bytes = 0;
    let truth = run(settings, |_, frame| bytes += frame.len());
    assert!((3_000_000..3_002_000).contains(&bytes), "{bytes}");
    assert!(truth.end < march(4, 0, 0));
    assert!(truth.events.iter().all(|event| event.from < truth.end));
}

#[test]
fn settings_outside_their_bounds_are_refused_with_the_mend() {
    let good = Settings::default();
    for (settings, error, words) in [
        (
            Settings {
                assets: 39,
                ..good.clone()
            },
            SettingsError::Assets { assets: 39 },
            "give 40 to 20000",
        ),
        (
            Settings {
                duration: Duration::ZERO,
                ..good.clone()
            },
            SettingsError::Duration {
                duration: Duration::ZERO,
            },
            "give 1 s to 366 days",
        ),
        (
            Settings {
                poll_every: Duration::from_millis(1),
                ..good.clone()
            },
            SettingsError::Poll {
                poll_every: Duration::from_millis(1),
            },
            "give 50ms to 3600s",
        ),
        (
            Settings {
                start: cofferdam_terms::Timestamp::from_nanos(i64::MAX),
                ..good
            },
            SettingsError::Start,
            "1971 to 2200",
        ),
    ] {
        let refused = Simulation::new(settings).err().unwrap();
        assert_eq!(refused, error);
        assert!(refused.to_string().contains(words), "{refused}");
    }
}

#[test]
fn the_truth_as_json_has_every_asset_flow_and_event() {
    let truth = run(hours(march(2, 0, 0), 8), |_, _| {});
    let json = truth.to_json();
    for (key, length) in [
        ("assets", truth.assets.len()),
        ("flows", truth.flows.len()),
        ("events", truth.events.len()),
        ("zones", truth.zones.len()),
    ] {
        assert_eq!(json[key].as_array().unwrap().len(), length, "{key}");
    }
    assert_eq!(json["assets"][4]["id"], "tc1-plc-1");
    assert_eq!(json["assets"][4]["claims"][0]["value"], "6ES7 315-2EH14-0AB0");
}
