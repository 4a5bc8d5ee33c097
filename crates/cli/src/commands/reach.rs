//! `cofferdam reach`: what gets from one end to another through firewalls as they run.

use crate::Outcome;
use crate::commands::diff::rows;
use crate::commands::verify::Place;
use crate::error::CliError;
use crate::ui::{Form, Screen, count, counted, wrapped};
use clap::Args;
use cofferdam_policy::Sureness;
use cofferdam_policy::filter::{Carrier, Device, InterfaceIx, Ports};
use cofferdam_policy::reach::{Arrival, Hop, StopReason};
use cofferdam_site::{Configuration, Reached, Site};
use cofferdam_terms::IpProtocol;
use serde::Serialize;
use std::path::PathBuf;

/// Most ways and stops in the text; `--json` has all.
const MOST_LISTED: usize = 12;

/// Say what gets from one end to another through firewalls as they run: rules, routes, translations, hop by hop
#[derive(Debug, Args)]
#[command(after_help = "\
Ends are ids of zones or assets (zone:ID, asset:ID where both exist), addresses, subnets, ranges,
several with commas between, or any. Every answer comes with a packet and the lines that decide it.
Examples:
  cofferdam reach enterprise cell-1 fw-plant.asa.cfg fw-cell.nft
  cofferdam reach 10.30.0.0/24 historian --service tcp/502 fw-*.cfg --backend asa")]
pub(crate) struct ReachArgs {
    /// Who sends
    #[arg(value_name = "FROM")]
    from: String,
    /// To whom
    #[arg(value_name = "TO")]
    to: String,
    /// The configurations of the devices between
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Only this service: tcp/502, udp/161, icmp; may be repeated
    #[arg(long, value_name = "SERVICE", value_parser = carrier)]
    service: Vec<Carrier>,
    /// What the configurations are of, if their endings do not tell
    #[arg(long, value_name = "BACKEND", value_parser = super::backends())]
    backend: Option<String>,
    /// Another model than the site's plant.toml
    #[arg(long, value_name = "FILE")]
    plant: Option<PathBuf>,
}

/// Why a service can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write tcp/502, udp/161, tcp, udp, icmp, or the number of an IP protocol")]
struct BadService;

fn carrier(word: &str) -> Result<Carrier, BadService> {
    let (name, port) = match word.split_once('/') {
        Some((name, port)) => (name, Some(port.parse::<u16>().map_err(|_| BadService)?)),
        None => (word, None),
    };
    let protocol = match name {
        "tcp" => IpProtocol::TCP,
        "udp" => IpProtocol::UDP,
        "icmp" => IpProtocol::ICMP,
        number => IpProtocol(number.parse().map_err(|_| BadService)?),
    };
    Ok(match port {
        Some(port) => Carrier::to_ports(protocol, Ports::one(port)),
        None => Carrier::protocol(protocol),
    })
}

pub(crate) fn run(args: &ReachArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let read = |file: &PathBuf| Configuration::read(file, args.backend.as_deref());
    let configurations = args.files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let reached = site.reach(
        args.plant.as_deref(),
        [&args.from, &args.to],
        args.service.clone(),
        &configurations,
    )?;
    let told = Telling {
        configurations: &configurations,
        reached: &reached,
    };
    match screen.form() {
        Form::Json => screen.json(&told.report())?,
        Form::Text => told.text(screen)?,
    }
    Ok(Outcome::Done)
}

struct Telling<'r> {
    configurations: &'r [Configuration],
    reached: &'r Reached,
}

impl Telling<'_> {
    fn text(&self, screen: &mut Screen) -> Result<(), CliError> {
        let Reached { from, to, reach, .. } = self.reached;
        if reach.passes.is_empty() {
            screen.result(&format!(
                "Nothing gets from {from} to {to} through these devices."
            ))?;
        } else {
            let ways = counted(reach.ways.len() as u64, "way");
            screen.result(&format!("From {from} to {to} gets, on {ways}:"))?;
            rows(&reach.passes, screen)?;
        }
        for way in reach.ways.iter().take(MOST_LISTED) {
            let end = match way.arrival {
                Arrival::Delivered => "delivered".to_owned(),
                Arrival::HandedTo(next) => format!("handed to {next}, beyond these devices"),
            };
            let sure = match way.sureness {
                Sureness::Sure => "",
                Sureness::Possible => " (possible: it hangs on lines that were not understood)",
            };
            screen.paragraph(&format!("{}: {end}{sure}", self.path(&way.hops)))?;
            self.hops(&way.hops, screen)?;
        }
        screen.rest(reach.ways.len() as u64, MOST_LISTED)?;
        if !reach.stops.is_empty() {
            screen.line(format!(
                "stopped: {}",
                count((reach.stops.len() + reach.more_stops) as u64)
            ))?;
        }
        for stop in reach.stops.iter().take(MOST_LISTED) {
            screen.paragraph(&format!(
                "{}: {}",
                self.path(&stop.hops),
                self.why(&stop.hops, stop.reason)
            ))?;
            self.hops(&stop.hops, screen)?;
        }
        screen.rest((reach.stops.len() + reach.more_stops) as u64, MOST_LISTED)?;
        self.limits()
            .iter()
            .try_for_each(|limit| screen.line(wrapped("note: ", limit)))
    }

    fn hops(&self, hops: &[Hop], screen: &mut Screen) -> Result<(), CliError> {
        for hop in hops {
            screen.field(&self.name(hop.device), &hop.packet.to_string())?;
            for decision in &hop.decisions {
                let place = self
                    .place(hop.device)
                    .map_or_else(String::new, |place| place.of(decision));
                screen.field("", &format!("{} by {place}", decision.action.name()))?;
            }
            for translation in &hop.translations {
                if let Some(nat) = self
                    .device(hop.device)
                    .and_then(|device| device.nat.get(*translation))
                {
                    screen.field("", &format!("translated by {}", self.lines(hop.device, nat.span)))?;
                }
            }
            if hop.sent != hop.packet {
                screen.field("", &format!("leaves as {}", hop.sent))?;
            }
        }
        Ok(())
    }

    /// What the answer does not know.
    fn limits(&self) -> Vec<String> {
        let reach = &self.reached.reach;
        let mut limits = Vec::new();
        for net in &reach.shared {
            limits.push(format!(
                "{net} holds senders and receivers both: no device stands between them"
            ));
        }
        if !reach.unplaced_from.is_empty() {
            limits.push(format!(
                "no device knows where the senders {} are",
                reach.unplaced_from
            ));
        }
        if !reach.unplaced_to.is_empty() {
            limits.push(format!(
                "no device knows where the receivers {} are",
                reach.unplaced_to
            ));
        }
        for device in &self.reached.unplaced {
            limits.push(format!(
                "{} has no address on any interface: it stands nowhere and is left out",
                self.name(*device)
            ));
        }
        if reach.too_long > 0 {
            limits.push(format!(
                "{} were left for being too long",
                counted(reach.too_long as u64, "way")
            ));
        }
        for doubt in &reach.doubts {
            limits.push(format!(
                "{}, {}: not understood, and may open a way: {}",
                self.name(doubt.device),
                doubt.span,
                doubt.text
            ));
        }
        limits
    }

    fn why(&self, hops: &[Hop], reason: StopReason) -> String {
        let last = hops.last().map(|hop| hop.device);
        match reason {
            StopReason::Rule(decision) => {
                let place = last.and_then(|device| self.place(device));
                place.map_or_else(String::new, |place| format!("denied by {}", place.of(&decision)))
            }
            StopReason::NoRoute => "no route leads on".to_owned(),
            StopReason::Circle => "it goes in a circle".to_owned(),
            StopReason::Elsewhere => "it is translated and arrives elsewhere".to_owned(),
        }
    }

    /// `fw-plant (outside → inside) → fw-cell (…)`.
    fn path(&self, hops: &[Hop]) -> String {
        let words: Vec<_> = hops
            .iter()
            .map(|hop| {
                let interface = |at: InterfaceIx| {
                    let device = self.device(hop.device);
                    device
                        .and_then(|device| device.interface_name(at))
                        .unwrap_or("?")
                        .to_owned()
                };
                let leaves = hop
                    .leaves
                    .map_or_else(String::new, |at| format!(" → {}", interface(at)));
                format!("{} ({}{leaves})", self.name(hop.device), interface(hop.arrives))
            })
            .collect();
        if words.is_empty() {
            "no device".to_owned()
        } else {
            words.join(", ")
        }
    }

    fn place(&self, device: usize) -> Option<Place<'_>> {
        let (configuration, place) = *self.reached.devices.get(device)?;
        Some(Place {
            configuration: self.configurations.get(configuration)?,
            device: place,
        })
    }

    fn device(&self, device: usize) -> Option<&Device> {
        let place = self.place(device)?;
        place.configuration.devices.get(place.device)
    }

    fn name(&self, device: usize) -> String {
        self.device(device)
            .map(|device| device.name.clone())
            .unwrap_or_default()
    }

    fn lines(&self, device: usize, span: cofferdam_policy::filter::Span) -> String {
        let place = self.place(device);
        let lines = place
            .into_iter()
            .flat_map(|place| place.configuration.lines(span));
        let lines: Vec<_> = lines.map(str::trim).take(3).collect();
        format!("{span}: {}", lines.join(" / "))
    }

    fn report(&self) -> Report {
        let reach = &self.reached.reach;
        let hops = |hops: &[Hop]| -> Vec<HopReport> {
            let told = |hop: &Hop| HopReport {
                device: self.name(hop.device),
                packet: hop.packet.to_string(),
                sent: hop.sent.to_string(),
                decided_by: hop
                    .decisions
                    .iter()
                    .filter_map(|decision| Some(self.place(hop.device)?.of(decision)))
                    .collect(),
                translated_by: hop
                    .translations
                    .iter()
                    .filter_map(|at| {
                        Some(self.lines(hop.device, self.device(hop.device)?.nat.get(*at)?.span))
                    })
                    .collect(),
            };
            hops.iter().map(told).collect()
        };
        Report {
            from: self.reached.from.clone(),
            to: self.reached.to.clone(),
            passes: reach.passes.rows.iter().map(ToString::to_string).collect(),
            more_passes: reach.passes.more,
            ways: reach
                .ways
                .iter()
                .map(|way| WayReport {
                    path: self.path(&way.hops),
                    end: match way.arrival {
                        Arrival::Delivered => "delivered".to_owned(),
                        Arrival::HandedTo(next) => next.to_string(),
                    },
                    sure: way.sureness == Sureness::Sure,
                    hops: hops(&way.hops),
                })
                .collect(),
            stops: reach
                .stops
                .iter()
                .map(|stop| WayReport {
                    path: self.path(&stop.hops),
                    end: self.why(&stop.hops, stop.reason),
                    sure: true,
                    hops: hops(&stop.hops),
                })
                .collect(),
            more_stops: reach.more_stops,
            notes: self.limits(),
        }
    }
}

#[derive(Serialize)]
struct Report {
    from: String,
    to: String,
    passes: Vec<String>,
    more_passes: usize,
    ways: Vec<WayReport>,
    stops: Vec<WayReport>,
    more_stops: usize,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct WayReport {
    path: String,
    end: String,
    sure: bool,
    hops: Vec<HopReport>,
}

#[derive(Serialize)]
struct HopReport {
    device: String,
    packet: String,
    sent: String,
    decided_by: Vec<String>,
    translated_by: Vec<String>,
}
