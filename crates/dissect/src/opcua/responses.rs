//! What responses say: status, values, who the server is (IEC 62541-4, 5). Stateless.

use super::Emit;
use super::binary::{self, array, length, node, string};
use super::names::{self, Service, id};
use super::requests::{self, application};
use super::session::Fact;
use crate::message::Outcome;
use crate::reader::{Reader, Truncated};
use smallvec::SmallVec;

/// Values in the order of the nodes that were asked for.
pub(super) type Values<'a> = SmallVec<[Option<&'a [u8]>; 8]>;

/// Reads a response's header; gives the service's status.
pub(super) fn header(reader: &mut Reader<'_>) -> Result<u32, Truncated> {
    // Time and handle.
    reader.skip(8 + 4)?;
    let status = reader.u32_le()?;
    binary::skip_diagnostic(reader)?;
    array(reader, |reader| string(reader).map(drop))?;
    binary::extension(reader)?;
    Ok(status)
}

/// Reads a response's body. Gives the first failure among its items, `Success` when there is none.
pub(super) fn read<'a>(
    service: &Service,
    reader: &mut Reader<'a>,
    values: &mut Values<'a>,
    facts: &mut Vec<Fact<'a>>,
    emit: &mut Emit<'_>,
) -> Result<Outcome, Truncated> {
    match service.request {
        id::FIND_SERVERS => {
            array(reader, |reader| {
                application(reader)?.tell(emit);
                Ok(())
            })?;
        }
        id::GET_ENDPOINTS => requests::endpoints(reader, facts, emit)?,
        id::CREATE_SESSION => {
            // Session id, token, time-out, nonce, certificate.
            node(reader)?;
            node(reader)?;
            reader.skip(8)?;
            string(reader)?;
            string(reader)?;
            requests::endpoints(reader, facts, emit)?;
        }
        id::READ => return read_values(reader, values),
        id::WRITE => return statuses(reader, |_| Ok(())),
        id::CALL => {
            return statuses(reader, |reader| {
                // Status and diagnostics of each argument, then what the method gives.
                array(reader, |reader| reader.skip(4))?;
                array(reader, binary::skip_diagnostic)?;
                array(reader, |reader| binary::variant(reader).map(drop))
            });
        }
        id::CREATE_MONITORED_ITEMS => {
            return statuses(reader, |reader| {
                // Item, interval, queue, filter's result.
                reader.skip(4 + 8 + 4)?;
                binary::extension(reader).map(drop)
            });
        }
        _ => {}
    }
    Ok(Outcome::Success)
}

fn read_values<'a>(reader: &mut Reader<'a>, values: &mut Values<'a>) -> Result<Outcome, Truncated> {
    let mut outcome = Outcome::Success;
    for _ in 0..length(reader)? {
        let value = binary::data_value(reader)?;
        if outcome == Outcome::Success {
            outcome = names::status(value.status);
        }
        if values.len() < super::state::MAX_NODES {
            values.push(value.value);
        }
    }
    Ok(outcome)
}

/// Results that start with a status each; gives the first failure.
fn statuses(
    reader: &mut Reader<'_>,
    mut rest: impl FnMut(&mut Reader<'_>) -> Result<(), Truncated>,
) -> Result<Outcome, Truncated> {
    let mut outcome = Outcome::Success;
    for _ in 0..length(reader)? {
        let status = names::status(reader.u32_le()?);
        if outcome == Outcome::Success {
            outcome = status;
        }
        rest(reader)?;
    }
    Ok(outcome)
}

/// Reads the body of an error message: a status and a reason.
pub(super) fn error<'a>(reader: &mut Reader<'a>) -> Result<(u32, &'a [u8]), Truncated> {
    Ok((reader.u32_le()?, string(reader)?))
}
