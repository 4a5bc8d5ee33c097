//! Observing an interface, receive only, in segments: each is recorded by itself, so that a power cut loses at most the
//! one that is being taken, and what was taken can be looked at while taking goes on.

use crate::error::SiteError;
use crate::look::More;
use crate::observe::observer;
use crate::site::Site;
use cofferdam_capture::live::{Counters, Live, Settings as LiveSettings};
use cofferdam_observe::Observer;
use cofferdam_telemetry::{Captured, Recorder, Source, Telemetry};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long one wait for packets is, and so how soon a wish to stop is heard.
const WAIT: Duration = Duration::from_millis(200);

/// How far live observation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveProgress {
    /// Packets that were read.
    pub packets: u64,
    /// Segments that were recorded.
    pub segments: usize,
    /// What became of the packets that reached the interface.
    pub counters: Counters,
}

/// What live observation gave.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveReport {
    /// The segments, in order.
    pub segments: Vec<Captured>,
    /// What became of the packets that reached the interface.
    pub counters: Counters,
}

/// A segment that is being taken.
struct Segment {
    began: Instant,
    source: Source,
    observer: Observer,
    recorder: Recorder,
    packets: u64,
}

impl Site {
    /// Observes an interface until `watch` has had enough, which it is asked a few times a second. The calling thread,
    /// or the process, loses the means to send for good.
    ///
    /// # Errors
    /// When the interface can't be opened or goes down, or what was seen can't be written. What was recorded before
    /// stands.
    pub fn observe_live(
        &self,
        interface: &str,
        settings: &LiveSettings,
        segment_length: Duration,
        watch: &mut dyn FnMut(LiveProgress) -> More,
    ) -> Result<LiveReport, SiteError> {
        let _lock = self.lock()?;
        let mut telemetry = self.telemetry()?;
        telemetry.tidy()?;
        let mut live = Live::open(interface, settings)?;
        let mut segments = Vec::new();
        let mut packets = 0;
        let mut segment = self.segment(interface, &telemetry)?;
        let ended = loop {
            match segment.take(&mut live) {
                Ok(taken) => packets += taken,
                Err(error) => break Err(error),
            }
            if segment.began.elapsed() >= segment_length || segment.recorder.has_failed() {
                // A silent stretch leaves no recording behind.
                if segment.packets > 0 {
                    segments.push(segment.end(&mut telemetry)?);
                }
                segment = self.segment(interface, &telemetry)?;
            }
            let counters = live.counters()?;
            let progress = LiveProgress {
                packets,
                segments: segments.len(),
                counters,
            };
            if watch(progress) == More::Enough {
                break Ok(counters);
            }
        };
        // An interface that went down ends the observation; what it gave until then is kept.
        if segment.packets > 0 {
            segments.push(segment.end(&mut telemetry)?);
        }
        Ok(LiveReport {
            segments,
            counters: ended?,
        })
    }

    fn segment(&self, interface: &str, telemetry: &Telemetry) -> Result<Segment, SiteError> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = i64::try_from(since.as_nanos()).unwrap_or(i64::MAX);
        Ok(Segment {
            began: Instant::now(),
            source: Source::live(interface, started),
            observer: observer(self.settings(), &format!("live {interface}")),
            recorder: telemetry.recorder()?,
            packets: 0,
        })
    }
}

impl Segment {
    /// Takes what comes within one wait.
    fn take(&mut self, live: &mut Live) -> Result<u64, SiteError> {
        let until = Instant::now() + WAIT;
        let before = self.packets;
        while Instant::now() < until {
            let Some(packet) = live.next_packet(WAIT)? else {
                break;
            };
            self.packets += 1;
            self.observer.frame(
                self.packets,
                packet.time,
                packet.link,
                packet.bytes,
                packet.original,
                &mut self.recorder,
            );
        }
        Ok(self.packets - before)
    }

    fn end(mut self, telemetry: &mut Telemetry) -> Result<Captured, SiteError> {
        let observation = self.observer.finish(&mut self.recorder);
        Ok(self.recorder.commit(telemetry, self.source, &observation)?)
    }
}
