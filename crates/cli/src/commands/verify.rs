//! `cofferdam verify`: what a firewall's configuration lets through and stops, against the plant model.

use crate::Outcome;
use crate::error::CliError;
use crate::ui::{Form, Screen, count, counted};
use clap::Args;
use cofferdam_policy::Sureness;
use cofferdam_policy::filter::{Device, Effect};
use cofferdam_policy::symbolic::{Anomaly, AnomalyKind, Decision};
use cofferdam_site::{Configuration, Site, Verified};
use serde::Serialize;
use std::path::PathBuf;

/// Most entries of a list in the text; `--json` has all.
const MOST_LISTED: usize = 20;

/// Hold firewalls' configurations against the plant model: what passes and should not, what should and does not
#[derive(Debug, Args)]
#[command(after_help = "\
Every answer is about all packets, not about samples, and comes with a packet that shows it.
A file named after an enforcement point (fw-cell.asa) has to let that point's conduits through,
another one everything that the site permits. The exit code is 1 if anything was found.")]
pub(crate) struct VerifyArgs {
    /// The configurations
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What they are of, if their endings do not tell
    #[arg(long, value_name = "BACKEND", value_parser = super::backends())]
    backend: Option<String>,
    /// The enforcement point that the device is
    #[arg(long, value_name = "POINT")]
    point: Option<String>,
    /// Another model than the site's plant.toml
    #[arg(long, value_name = "FILE")]
    plant: Option<PathBuf>,
    /// Show every line that was not understood
    #[arg(long)]
    unread: bool,
}

pub(crate) fn run(args: &VerifyArgs, site: &Site, screen: &mut Screen) -> Result<Outcome, CliError> {
    let mut outcome = Outcome::Done;
    for file in &args.files {
        let configuration = Configuration::read(file, args.backend.as_deref())?;
        let verified = site.verify(args.plant.as_deref(), &configuration, args.point.as_deref())?;
        for of_device in &verified {
            if !of_device.found.excess.is_empty() || !of_device.found.blocked.is_empty() {
                outcome = Outcome::Found;
            }
            match screen.form() {
                Form::Json => screen.json(&Report::new(&configuration, of_device))?,
                Form::Text => text(args, &configuration, of_device, screen)?,
            }
        }
    }
    Ok(outcome)
}

fn text(
    args: &VerifyArgs,
    configuration: &Configuration,
    verified: &Verified,
    screen: &mut Screen,
) -> Result<(), CliError> {
    let Some(device) = configuration.devices.get(verified.device) else {
        return Ok(());
    };
    screen.heading(&format!(
        "{} ({}), {} against {}",
        configuration.file.display(),
        configuration.backend.title,
        counted(device.rules().count() as u64, "rule"),
        verified.scope.name(),
    ))?;
    let place = Place {
        configuration,
        device: verified.device,
    };
    let found = &verified.found;
    screen.line(format!(
        "passes and should not: {}",
        count(found.excess.len() as u64)
    ))?;
    for excess in found.excess.iter().take(MOST_LISTED) {
        let (packet, sure) = (&excess.packet, sureness(excess.sureness));
        screen.paragraph(&format!("{packet}{sure}, by {}", place.of(&excess.decision)))?;
    }
    screen.rest(found.excess.len() as u64, MOST_LISTED)?;
    screen.line(format!(
        "should pass and does not: {}",
        count(found.blocked.len() as u64)
    ))?;
    for blocked in found.blocked.iter().take(MOST_LISTED) {
        let (packet, sure) = (&blocked.packet, sureness(blocked.sureness));
        let by = place.of(&blocked.decision);
        screen.paragraph(&format!("{}: {packet}{sure}, by {by}", blocked.permit))?;
    }
    screen.rest(found.blocked.len() as u64, MOST_LISTED)?;
    screen.line(format!(
        "permits that pass whole: {}",
        count(found.passing.len() as u64)
    ))?;
    odd(place, verified, screen)?;
    unread(args, configuration, device, screen)
}

fn odd(place: Place<'_>, verified: &Verified, screen: &mut Screen) -> Result<(), CliError> {
    if let Some(reason) = &verified.odd_not_sought {
        return screen.line(format!("odd rules were not looked for: {reason}"));
    }
    screen.line(format!("odd rules: {}", count(verified.odd.len() as u64)))?;
    for anomaly in verified.odd.iter().take(MOST_LISTED) {
        screen.paragraph(&place.odd(anomaly))?;
    }
    screen.rest(verified.odd.len() as u64, MOST_LISTED)
}

fn unread(
    args: &VerifyArgs,
    configuration: &Configuration,
    device: &Device,
    screen: &mut Screen,
) -> Result<(), CliError> {
    if configuration.not_utf8 > 0 {
        let bytes = counted(configuration.not_utf8, "byte");
        screen.warning(&format!(
            "{bytes} of the file are no UTF-8 text; they stand as \u{fffd}"
        ))?;
    }
    let matters = device
        .unread
        .iter()
        .filter(|line| args.unread || line.effect != Effect::None);
    let all = matters.clone().count();
    screen.line(format!(
        "not understood: {} of {}",
        count(all as u64),
        counted(configuration.text.lines().count() as u64, "line")
    ))?;
    let shown = if args.unread { usize::MAX } else { MOST_LISTED };
    for line in matters.take(shown) {
        screen.paragraph(&format!(
            "{}: {} ({})",
            line.span,
            line.text,
            line.effect.meaning()
        ))?;
    }
    screen.rest(all as u64, shown)
}

const fn sureness(sureness: Sureness) -> &'static str {
    match sureness {
        Sureness::Sure => "",
        Sureness::Possible => " (possible: it hangs on lines that were not understood)",
    }
}

/// Where rules of a device stand.
#[derive(Clone, Copy)]
pub(crate) struct Place<'c> {
    pub(crate) configuration: &'c Configuration,
    pub(crate) device: usize,
}

impl Place<'_> {
    /// `line 12: access-list in extended permit ip any any`.
    pub(crate) fn of(self, decision: &Decision) -> String {
        match self.configuration.rule(self.device, decision) {
            Some((span, label)) => {
                let words: Vec<_> = self.configuration.lines(span).map(str::trim).take(3).collect();
                match words.as_slice() {
                    [] if label.is_empty() => "a rule that the device has by itself".to_owned(),
                    [] => label.to_owned(),
                    words => format!("{span}: {}", words.join(" / ")),
                }
            }
            None => self.default_of(decision.stage),
        }
    }

    fn default_of(self, stage: usize) -> String {
        let device = self.configuration.devices.get(self.device);
        let list = device.and_then(|device| device.stages.get(stage));
        list.map_or_else(String::new, |list| {
            format!("the default of `{}`, {}", list.name, list.default.name())
        })
    }

    fn span(self, stage: usize, rule: usize) -> String {
        let device = self.configuration.devices.get(self.device);
        let rule = device
            .and_then(|device| device.stages.get(stage))
            .and_then(|list| list.rules.get(rule));
        rule.map_or_else(String::new, |rule| rule.span.to_string())
    }

    fn odd(self, anomaly: &Anomaly) -> String {
        let Anomaly { stage, rule, kind } = anomaly;
        let at = self.span(*stage, *rule);
        let others = |rules: &[usize]| -> String {
            let spans: Vec<_> = rules
                .iter()
                .take(4)
                .map(|rule| self.span(*stage, *rule))
                .collect();
            match (spans.len(), rules.len() - spans.len()) {
                (0, _) => "the default".to_owned(),
                (_, 0) => spans.join(", "),
                (_, more) => format!("{} and {more} more", spans.join(", ")),
            }
        };
        match kind {
            AnomalyKind::Empty => format!("{at} matches no packet"),
            AnomalyKind::Shadowed { by, packet } => format!(
                "{at} never decides: {} take its packets, and do the opposite with {packet}",
                others(by)
            ),
            AnomalyKind::Covered { by } => format!("{at} never decides: {} do the same before", others(by)),
            AnomalyKind::Redundant { by } => format!("{at} could go: {} would do the same", others(by)),
            AnomalyKind::Contradicted { by, packet } => {
                format!("{at} and {} do opposite things with {packet}", others(&[*by]))
            }
        }
    }
}

#[derive(Serialize)]
struct Report {
    file: String,
    backend: &'static str,
    device: String,
    scope: String,
    excess: Vec<Entry>,
    blocked: Vec<Entry>,
    passing: Vec<String>,
    odd: Vec<Odd>,
    odd_not_sought: Option<String>,
    unread: Vec<Line>,
    not_utf8: u64,
}

#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    permit: Option<String>,
    packet: String,
    by: String,
    sure: bool,
}

#[derive(Serialize)]
struct Odd {
    kind: &'static str,
    what: String,
}

#[derive(Serialize)]
struct Line {
    at: String,
    text: String,
    meaning: &'static str,
}

impl Report {
    fn new(configuration: &Configuration, verified: &Verified) -> Self {
        let place = Place {
            configuration,
            device: verified.device,
        };
        let device = configuration.devices.get(verified.device);
        let found = &verified.found;
        let excess = found.excess.iter().map(|excess| Entry {
            permit: None,
            packet: excess.packet.to_string(),
            by: place.of(&excess.decision),
            sure: excess.sureness == Sureness::Sure,
        });
        let blocked = found.blocked.iter().map(|blocked| Entry {
            permit: Some(blocked.permit.clone()),
            packet: blocked.packet.to_string(),
            by: place.of(&blocked.decision),
            sure: blocked.sureness == Sureness::Sure,
        });
        let odd = verified.odd.iter().map(|anomaly| Odd {
            kind: anomaly.kind.name(),
            what: place.odd(anomaly),
        });
        let unread = device
            .into_iter()
            .flat_map(|device| &device.unread)
            .map(|line| Line {
                at: line.span.to_string(),
                text: line.text.clone(),
                meaning: line.effect.meaning(),
            });
        Self {
            file: configuration.file.display().to_string(),
            backend: configuration.backend.name,
            device: device.map(|device| device.name.clone()).unwrap_or_default(),
            scope: verified.scope.name().to_owned(),
            excess: excess.collect(),
            blocked: blocked.collect(),
            passing: found.passing.clone(),
            odd: odd.collect(),
            odd_not_sought: verified.odd_not_sought.clone(),
            unread: unread.collect(),
            not_utf8: configuration.not_utf8,
        }
    }
}
