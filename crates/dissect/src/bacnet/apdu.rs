//! Heads of application messages (ASHRAE 135-2020, clause 20.1). No state.

use super::session::More;
use crate::reader::{Reader, Truncated};

/// A service choice: confirmed and unconfirmed ones are numbered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Confirmed(u8),
    Unconfirmed(u8),
}

/// A segment's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segmented {
    pub(super) number: u8,
    pub(super) more: More,
}

/// One application message.
#[derive(Clone, Copy, Debug)]
pub(super) enum Apdu<'a> {
    Request {
        invoke: u8,
        segmented: Option<Segmented>,
        service: Service,
        body: Reader<'a>,
    },
    Unconfirmed {
        service: Service,
        body: Reader<'a>,
    },
    /// Done, nothing to say.
    SimpleAck {
        invoke: u8,
        service: Service,
    },
    ComplexAck {
        invoke: u8,
        segmented: Option<Segmented>,
        service: Service,
        body: Reader<'a>,
    },
    SegmentAck {
        invoke: u8,
    },
    Error {
        invoke: u8,
        service: Service,
        body: Reader<'a>,
    },
    Reject {
        invoke: u8,
        reason: u8,
    },
    Abort {
        invoke: u8,
        reason: u8,
        by_server: bool,
    },
    /// A type that the standard doesn't have.
    Unknown,
}

/// Reads the head of a message.
pub(super) fn apdu<'a>(mut reader: Reader<'a>) -> Result<Apdu<'a>, Truncated> {
    let head = reader.u8()?;
    Ok(match head >> 4 {
        0 => {
            // How many segments, how long.
            reader.skip(1)?;
            let invoke = reader.u8()?;
            let segmented = segmented(head, &mut reader)?;
            let service = Service::Confirmed(reader.u8()?);
            Apdu::Request {
                invoke,
                segmented,
                service,
                body: reader,
            }
        }
        1 => Apdu::Unconfirmed {
            service: Service::Unconfirmed(reader.u8()?),
            body: reader,
        },
        2 => {
            let [invoke, service] = reader.array()?;
            let service = Service::Confirmed(service);
            Apdu::SimpleAck { invoke, service }
        }
        3 => {
            let invoke = reader.u8()?;
            let segmented = segmented(head, &mut reader)?;
            let service = Service::Confirmed(reader.u8()?);
            Apdu::ComplexAck {
                invoke,
                segmented,
                service,
                body: reader,
            }
        }
        4 => {
            let [invoke, _sequence, _window] = reader.array()?;
            Apdu::SegmentAck { invoke }
        }
        5 => {
            let [invoke, service] = reader.array()?;
            Apdu::Error {
                invoke,
                service: Service::Confirmed(service),
                body: reader,
            }
        }
        6 => {
            let [invoke, reason] = reader.array()?;
            Apdu::Reject { invoke, reason }
        }
        7 => {
            let [invoke, reason] = reader.array()?;
            let by_server = head & 1 != 0;
            Apdu::Abort {
                invoke,
                reason,
                by_server,
            }
        }
        _ => Apdu::Unknown,
    })
}

fn segmented(head: u8, reader: &mut Reader<'_>) -> Result<Option<Segmented>, Truncated> {
    if head & 0x08 == 0 {
        return Ok(None);
    }
    let [number, _window] = reader.array()?;
    let more = if head & 0x04 == 0 {
        More::Last
    } else {
        More::Follows
    };
    Ok(Some(Segmented { number, more }))
}
