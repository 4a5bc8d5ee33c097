//! PROFINET on Ethernet: cyclic data, alarms, discovery and configuration (DCP), clock synchronisation (PTCP).
//!
//! Reads, by IEC 61158-6-10:2019 (PROFINET V2.4), over Ethernet type 0x8892: of every frame its id and what it is for;
//! cyclic data with their status; alarms with kind, slot and module; DCP's Get, Set, Identify and Hello with names,
//! addresses, vendor and device; PTCP by name. Setting a lamp to blink is control; a name, an address or a reset to
//! factory settings is configuration.
//!
//! The function's code is `frame id << 16 | sub`, `sub` being DCP's service, the alarm's kind, or 0. Cyclic data from
//! the controller are outputs (write), to it inputs (read); who that is, DCP and alarms tell, else it is thought to be
//! the side that was seen first. Data that their provider marks as invalid, stopped or troubled are a failure.
//!
//! Bounds: the frame, [`dcp::MAX_BLOCKS`] options of one. State is the controller's side alone. Skipped: what cyclic
//! data mean (the engineering project says so), alarms' items, contents of PTCP, fragments. The connection that opens
//! cyclic data is protocol `pnio-cm`.

mod alarm;
mod dcp;
pub(crate) mod names;
mod samples;
#[cfg(test)]
mod tests;

use crate::message::{Address, Function, IdentityField, Message, Object, Outcome, Role};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration};
use crate::session::{Context, Lost, Probe, Progress, Session, Side, Sink};
use crate::tell::{Tell, all, done, plain};
use cofferdam_terms::{EtherType, OperationClass};
use names::Use;

const PROFINET: Protocol = Protocol("profinet");

/// Cycle counter, data status, transfer status: the end of cyclic data.
const STATUS: usize = 4;

/// PROFINET in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: PROFINET,
    title: "PROFINET RT, DCP, PTCP",
    specification: "IEC 61158-6-10:2019",
    tcp_ports: &[],
    udp_ports: &[],
    ether_types: &[EtherType::PROFINET],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: samples::SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The frame ends before what it says it has.
    CutShort,
    /// A frame id that is reserved.
    FrameId,
    /// A block is not as long as its kind is.
    Block,
    /// More options than are kept.
    TooManyBlocks,
    /// A service or kind of frame that no edition has.
    Service,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::CutShort => "cut-short",
            Self::FrameId => "frame-id",
            Self::Block => "malformed-block",
            Self::TooManyBlocks => "too-many-blocks",
            Self::Service => "unknown-service",
        }
    }
}

fn probe(_: Context, bytes: &[u8]) -> Probe {
    match bytes {
        [a, b, ..] if names::frame_use(u16::from_be_bytes([*a, *b])).is_some() => Probe::Certain,
        _ => Probe::Unsure,
    }
}

/// A function's code.
fn code(frame_id: u16, sub: u16) -> u32 {
    u32::from(frame_id) << 16 | u32::from(sub)
}

/// Says a vendor by its name, or by its number.
pub(crate) fn name_vendor(number: u16, tell: &mut Tell<'_>) {
    match names::vendor(number) {
        Some(name) => tell.fact(IdentityField::Vendor, name.as_bytes()),
        None => tell.fact(
            IdentityField::Vendor,
            format!("PROFINET vendor 0x{number:04x}").as_bytes(),
        ),
    }
}

#[derive(Debug, Default)]
struct Conversation {
    controller: Option<Side>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut tell = Tell::new(PROFINET, sink);
        if self.frame(context.side, bytes, &mut tell).is_err() {
            tell.anomaly(Fault::CutShort.code(), all(bytes));
        }
        Ok(done(bytes))
    }
}

impl Conversation {
    fn frame(&mut self, side: Side, bytes: &[u8], tell: &mut Tell<'_>) -> Result<(), Truncated> {
        let mut reader = Reader::new(bytes);
        let id = reader.u16_be()?;
        match names::frame_use(id) {
            Some(Use::Cyclic(name)) => self.cyclic(id, name, reader, side, bytes, tell)?,
            Some(Use::Alarm(name)) => {
                let controller = alarm::tell(id, name, reader, bytes, side, tell)?;
                self.controller = controller.or(self.controller);
            }
            Some(Use::Dcp) => {
                let controller = dcp::tell(id, reader, bytes, side, tell)?;
                self.controller = controller.or(self.controller);
            }
            Some(Use::Ptcp(name)) => tell.message(&unsolicited(id, name, OperationClass::Time, bytes)),
            Some(Use::Fragment) => tell.message(&unsolicited(id, "Fragment", OperationClass::Write, bytes)),
            None => {
                tell.message(&unsolicited(id, "unknown", OperationClass::Program, bytes));
                tell.anomaly(Fault::FrameId.code(), all(bytes));
            }
        }
        Ok(())
    }

    fn cyclic(
        &self,
        id: u16,
        name: &'static str,
        mut reader: Reader<'_>,
        side: Side,
        bytes: &[u8],
        tell: &mut Tell<'_>,
    ) -> Result<(), Truncated> {
        let data = reader.take(reader.left().saturating_sub(STATUS))?;
        let [_, _, status, transfer] = reader.array()?;
        let operation = if side == self.controller.unwrap_or(Side::Initiator) {
            OperationClass::Write
        } else {
            OperationClass::Read
        };
        let object = Object {
            address: Address::Points {
                space: "frame",
                first: id.into(),
                count: 1,
            },
            value: Some(data),
        };
        tell.message(&Message {
            objects: &[object],
            outcome: data_status(status, transfer),
            ..unsolicited(id, name, operation, bytes)
        });
        Ok(())
    }
}

/// What a provider says of its own data (IEC 61158-6-10:2019, DataStatus): valid, running, no problem.
fn data_status(status: u8, transfer: u8) -> Outcome {
    let name = if transfer != 0 {
        "transfer error"
    } else if status & 0x04 == 0 {
        "data invalid"
    } else if status & 0x10 == 0 {
        "provider stopped"
    } else if status & 0x20 == 0 {
        "station problem"
    } else {
        return Outcome::Success;
    };
    Outcome::Failure {
        code: u32::from(transfer) << 8 | u32::from(status),
        name,
    }
}

fn unsolicited(id: u16, name: &'static str, operation: OperationClass, bytes: &[u8]) -> Message<'static> {
    let function = Function {
        code: code(id, 0),
        name,
    };
    plain(PROFINET, Role::Unsolicited, function, operation, all(bytes))
}
