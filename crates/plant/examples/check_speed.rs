//! How long a large model takes to print, read, check and change: `cargo run --release -p cofferdam-plant --example
//! check_speed`, with numbers of assets, zones and conduits after `--` if others than 10,000, 500 and 2,000 are wanted.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement reads the clock and prints"
)]

use cofferdam_plant::{
    Asset, AssetRole, Attribute, Conduit, Document, Edit, End, EnforcementPoint, Facts, Interface, Observed,
    ObservedUse, Parts, Party, Permit, Plant, Protection, SecurityLevel, SecurityLevelTarget,
    SecurityLevelVector, Site, Stage, Zone, ZoneKind, parse,
};
use cofferdam_terms::{MacAddr, OperationClass, OperationSet, Timestamp, Transport, VlanId};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut sizes = std::env::args().skip(1).map(|word| word.parse());
    let mut size = |default| sizes.next().unwrap_or(Ok(default));
    let (assets, zones, conduits) = (size(10_000)?, size(500)?, size(2_000)?);
    let plant = plant(assets, zones, conduits)?;
    println!("{assets} assets, {zones} zones, {conduits} conduits");

    let text = timed("print", || cofferdam_plant::text::print(&plant));
    println!("  {} bytes", text.len());
    let document = timed("read", || parse("plant.toml", &text)).map_err(Box::new)?;
    assert_eq!(*document.plant(), plant, "what was printed reads back");

    let observed = observed(&plant);
    let facts = Facts {
        now: Some(Timestamp::from_secs(1_795_478_400)),
        observed: Some(&observed),
    };
    let checked = timed("check the model", || {
        cofferdam_plant::check(&plant, Facts::default())
    });
    println!("  {} findings", checked.diagnostics.len());
    let checked = timed("check with time and observation, in the text", || {
        document.check(facts)
    });
    println!(
        "  {} findings, {} observed uses",
        checked.diagnostics.len(),
        observed.uses.len()
    );
    let sources = [document.source()];
    let shown = timed("render for people", || {
        use cofferdam_plant::render::{Colour, report};
        report(&checked.diagnostics, &sources, Colour::Plain)
    });
    println!("  {} bytes", shown.len());
    timed("change one zone in the text", || rename_first_zone(&document))?;
    Ok(())
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = run();
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    out
}

fn rename_first_zone(document: &Document) -> Result<Document, Box<dyn Error>> {
    let first = document.plant().zones().first().ok_or("a zone")?;
    let zone = Zone {
        name: "renamed".to_owned(),
        ..first.clone()
    };
    Ok(document.edited(&[Edit::PutZone(zone)])?)
}

/// The n-th zone, wrapping.
fn zone_name(n: usize, zones: usize) -> String {
    format!("zone-{}", n % zones)
}

fn address(n: usize) -> IpAddr {
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + n))
}

fn plant(assets: usize, zones: usize, conduits: usize) -> Result<Plant, Box<dyn Error>> {
    let parts = Parts {
        site: Site {
            id: "large".parse()?,
            name: "A large plant".to_owned(),
            stage: Stage::Draft,
        },
        zones: (0..zones).map(|n| zone(n, zones)).collect::<Result<_, _>>()?,
        assets: (0..assets).map(|n| asset(n, zones)).collect::<Result<_, _>>()?,
        conduits: (0..conduits)
            .map(|n| conduit(n, zones, assets))
            .collect::<Result<_, _>>()?,
        enforcement_points: (0..20).map(enforcement_point).collect::<Result<_, _>>()?,
    };
    Plant::new(parts).map_err(|faults| {
        faults
            .into_iter()
            .map(|f| f.to_string())
            .collect::<String>()
            .into()
    })
}

fn zone(n: usize, zones: usize) -> Result<Zone, Box<dyn Error>> {
    let kinds = ZoneKind::ALL;
    let level = SecurityLevel::new(u8::try_from(1 + n % 3)?).map(SecurityLevelVector::uniform);
    Ok(Zone {
        id: zone_name(n, zones).parse()?,
        name: format!("Zone {n}"),
        kind: kinds.into_iter().cycle().nth(n).ok_or("a kind")?,
        // Every fourth zone lies in the one before it.
        parent: (n % 4 == 3)
            .then(|| zone_name(n - 1, zones).parse())
            .transpose()?,
        sl_t: level.map(SecurityLevelTarget),
        owner: (!n.is_multiple_of(5)).then(|| format!("Team {}", n % 7)),
        subnets: vec![format!("172.{}.{}.0/24", 16 + n / 256 % 16, n % 256).parse()?],
        reason: "generated".to_owned(),
    })
}

fn asset(n: usize, zones: usize) -> Result<Asset, Box<dyn Error>> {
    let [_, _, a, b, c, d] = (n as u64).to_be_bytes().last_chunk().copied().unwrap_or_default();
    Ok(Asset {
        name: format!("Asset {n}"),
        zone: Some(zone_name(n, zones).parse()?),
        role: Attribute::declared(AssetRole::ALL.into_iter().cycle().nth(n % 97).ok_or("a role")?),
        vendor: Some(Attribute::declared("A maker".to_owned())),
        product: Some(Attribute::declared("A product".to_owned())),
        interfaces: vec![Interface {
            mac: Some(MacAddr([0x00, 0x1b, a, b, c, d])),
            ip: Some(address(n)),
            vlan: VlanId::new(u16::try_from(n % zones)?),
        }],
        ..Asset::new(format!("asset-{n}").parse()?)
    })
}

fn conduit(n: usize, zones: usize, assets: usize) -> Result<Conduit, Box<dyn Error>> {
    let (from, to) = (zone_name(n, zones), zone_name(n * 7 + 1, zones));
    let permits = (0..5).map(|p| {
        // An asset of the zone that answers, where there is one.
        let asset = (n * 7 + 1) % zones + p * zones;
        let to = if asset < assets {
            Party::Asset(format!("asset-{asset}").parse()?)
        } else {
            Party::Zone(to.parse()?)
        };
        Ok::<_, Box<dyn Error>>(Permit {
            id: format!("permit-{p}").parse()?,
            from: vec![Party::Zone(from.parse()?)],
            to: vec![to],
            services: vec![format!("tcp/{} modbus", 502 + p).parse()?],
            operations: OperationSet::EMPTY
                .with(OperationClass::Read)
                .with(OperationClass::Write),
            open: None,
            reason: "generated".to_owned(),
        })
    });
    Ok(Conduit {
        id: format!("conduit-{n}").parse()?,
        name: String::new(),
        zones: vec![from.parse()?, to.parse()?],
        permits: permits.collect::<Result<_, _>>()?,
        protection: vec![Protection::Firewall],
        enforcement_points: vec![format!("fw-{}", n % 20).parse()?],
        sl_t: None,
        owner: Some("Team 1".to_owned()),
        reason: "generated".to_owned(),
    })
}

fn enforcement_point(n: usize) -> Result<EnforcementPoint, Box<dyn Error>> {
    Ok(EnforcementPoint {
        id: format!("fw-{n}").parse()?,
        name: String::new(),
        backend: "nftables".to_owned(),
    })
}

/// Ten uses for each asset, by addresses here and there.
fn observed(plant: &Plant) -> Observed {
    let count = plant.assets().len();
    let end = |n: usize| End {
        ip: Some(address(n % count)),
        ..End::default()
    };
    let uses = (0..10 * count).map(|n| ObservedUse {
        initiator: end(n),
        responder: end(n * 7 + 1),
        transport: Transport::TCP,
        port: Some(502),
        protocol: "modbus".parse().ok(),
        operations: OperationSet::EMPTY.with(OperationClass::Read),
        count: 1,
    });
    Observed {
        span: None,
        uses: uses.collect(),
        identities: Vec::new(),
    }
}
