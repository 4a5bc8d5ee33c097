//! `cofferdam simulate`: a deterministic plant's traffic as a capture, and what is true of it.

use crate::Outcome;
use crate::error::CliError;
use crate::times::{length, point, shown};
use crate::ui::{Bar, Form, Screen, count, counted};
use clap::Args;
use cofferdam_capture::{PcapWriter, Resolution};
use cofferdam_simulate::{CapturePoint, EventKind, Intrusion, Settings, Simulation, Truth};
use cofferdam_site::telemetry::durable::{self, StorageError, at};
use cofferdam_terms::{LinkType, Timestamp};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

const WRITE_BUFFER: usize = 1 << 20;
/// Frames between two looks at how far it has come.
const FRAMES_PER_REPORT: u64 = 1 << 15;

/// Simulate a maintenance plant and write its traffic as a pcap file
#[derive(Debug, Args)]
pub(crate) struct SimulateArgs {
    /// The pcap file, or - for standard output
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Decides names, addresses, values and small delays: the same seed gives the same bytes
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many devices and hosts
    #[arg(long, default_value_t = Settings::MIN_ASSETS)]
    assets: u32,
    /// How many days of 24 hours
    #[arg(long, default_value_t = 1, conflicts_with = "length")]
    days: u32,
    /// How long, where days are too coarse: `90min`
    #[arg(long, value_parser = length)]
    length: Option<Duration>,
    /// When it begins
    #[arg(long, value_name = "TIME", value_parser = point, default_value = "2026-03-02")]
    start: Timestamp,
    /// How often the fastest poller asks
    #[arg(long, value_name = "LENGTH", value_parser = length, default_value = "1s")]
    poll_every: Duration,
    /// End once the frames add up to so many bytes
    #[arg(long, value_name = "BYTES")]
    size: Option<u64>,
    /// What the mirror sees: routed, core, every-hop
    #[arg(long, value_name = "POINT", default_value = "core")]
    capture_point: CapturePoint,
    /// Play an intrusion; may be given again: vendor-direct, enterprise-scan, controller-stop, rogue-master, smb-sweep
    #[arg(long, value_name = "NAME")]
    intrusion: Vec<Intrusion>,
    /// Write what is true of the plant and its traffic to this JSON file
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

pub(crate) fn run(args: &SimulateArgs, screen: &mut Screen) -> Result<Outcome, CliError> {
    let day = Duration::from_hours(24);
    let settings = Settings {
        seed: args.seed,
        start: args.start,
        duration: args.length.unwrap_or(day * args.days),
        assets: args.assets,
        poll_every: args.poll_every,
        size: args.size,
        capture: args.capture_point,
        intrusions: args.intrusion.clone(),
        ..Settings::default()
    };
    let mut simulation = Simulation::new(settings.clone()).map_err(CliError::Simulation)?;
    let to_stdout = args.out.to_str() == Some("-");
    let bar = screen.bar();
    let written = if to_stdout {
        write(&mut simulation, &settings, io::stdout().lock(), &bar)
    } else {
        write_file(&mut simulation, &settings, &args.out, &bar)
    };
    bar.done();
    let written = written?;
    if let Some(path) = &args.truth {
        let json = serde_json::to_vec_pretty(&simulation.truth().to_json())?;
        durable::write_file(path, &json).map_err(storage)?;
    }
    if !to_stdout {
        report(args, simulation.truth(), written, screen)?;
    }
    Ok(Outcome::Done)
}

/// What was written.
#[derive(Clone, Copy, Default)]
struct Written {
    frames: u64,
    bytes: u64,
}

fn write_file(
    simulation: &mut Simulation,
    settings: &Settings,
    path: &Path,
    bar: &Bar,
) -> Result<Written, CliError> {
    let part = durable::part_of(path);
    let file = File::create(&part)
        .map_err(at("create", &part))
        .map_err(storage)?;
    let written = write(simulation, settings, file, bar).and_then(|written| {
        durable::settle(&part, path).map_err(storage)?;
        Ok(written)
    });
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(&part));
    }
    written
}

fn write(
    simulation: &mut Simulation,
    settings: &Settings,
    out: impl Write,
    bar: &Bar,
) -> Result<Written, CliError> {
    let out = BufWriter::with_capacity(WRITE_BUFFER, out);
    let mut pcap = PcapWriter::new(out, LinkType::ETHERNET, Resolution::Nanos)?;
    let mut written = Written::default();
    while let Some(frame) = simulation.next_frame() {
        let length = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
        pcap.write(frame.time, frame.bytes, length)?;
        written.frames += 1;
        written.bytes += u64::from(length);
        if written.frames.is_multiple_of(FRAMES_PER_REPORT) {
            let gone = frame.time - settings.start;
            match settings.size {
                Some(size) => bar.step("simulating", written.bytes, size),
                None => bar.step("simulating", gone.as_secs(), settings.duration.as_secs()),
            }
        }
    }
    pcap.finish()?;
    Ok(written)
}

fn storage(error: StorageError) -> CliError {
    CliError::Site(error.into())
}

fn report(args: &SimulateArgs, truth: &Truth, written: Written, screen: &mut Screen) -> Result<(), CliError> {
    if screen.form() == Form::Json {
        return screen.json(&serde_json::json!({
            "capture": args.out,
            "site": truth.site,
            "seed": truth.seed,
            "frames": written.frames,
            "bytes": written.bytes,
            "from": shown(truth.start),
            "to": shown(truth.end),
            "zones": truth.zones.len(),
            "assets": truth.assets.len(),
            "events": truth.events.len(),
            "truth": args.truth,
        }));
    }
    screen.line(format!(
        "Wrote {}: {} ({} bytes), {} to {} UTC",
        args.out.display(),
        counted(written.frames, "frame"),
        count(written.bytes),
        shown(truth.start),
        shown(truth.end)
    ))?;
    let of = |kind| truth.events.iter().filter(|event| event.kind == kind).count() as u64;
    screen.line(format!(
        "Plant {}: {} in {}, {}, {}",
        truth.site,
        counted(truth.assets.len() as u64, "asset"),
        counted(truth.zones.len() as u64, "zone"),
        counted(of(EventKind::Planned), "planned event"),
        counted(of(EventKind::Intrusion), "intrusion"),
    ))
}
