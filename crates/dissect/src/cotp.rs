//! TPKT (RFC 1006) and COTP class 0 (ISO/IEC 8073, X.224): frames of a byte stream, connection set-up, and the
//! pieces of a longer unit put together again. S7comm and MMS stand on it. It must not know what the units carry.

use crate::message::{Address, Function, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::Protocol;
use crate::session::{Lost, Side, Sink};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The protocol that connection set-up is told as.
pub(crate) const COTP: Protocol = Protocol("cotp");

/// The most bytes of one unit that are put together from segments; a longer one is dropped and said.
pub(crate) const MAX_TSDU: usize = 64 * 1024;

/// A TPKT header is this long.
const TPKT_HEADER: usize = 4;

/// What stands next in the stream.
pub(crate) enum Packet<'a> {
    /// One whole packet: what follows the TPKT header.
    Whole(Reader<'a>),
    /// The stream ends within a packet: so many bytes more are needed. 0 when nothing has begun.
    Partial(usize),
}

/// Reads the next TPKT.
///
/// # Errors
/// [`Lost`] when there is none at this place.
pub(crate) fn next_packet<'a>(reader: &mut Reader<'a>) -> Result<Packet<'a>, Lost> {
    let lost = |reader: &Reader<'_>, reason| Lost {
        offset: reader.offset(),
        reason,
    };
    let header = match *reader.peek() {
        [] => return Ok(Packet::Partial(0)),
        [3, 0, high, low, ..] => [high, low],
        [3] | [3, 0] | [3, 0, _] => return Ok(Packet::Partial(TPKT_HEADER - reader.left())),
        _ => return Err(lost(reader, "no TPKT header of version 3")),
    };
    let Some(length) = usize::from(u16::from_be_bytes(header))
        .checked_sub(TPKT_HEADER)
        .filter(|left| *left >= 3)
    else {
        return Err(lost(reader, "a TPKT too short for any TPDU"));
    };
    if reader.left() < TPKT_HEADER + length {
        return Ok(Packet::Partial(TPKT_HEADER + length - reader.left()));
    }
    let body = reader.skip(TPKT_HEADER).and_then(|()| reader.sub(length));
    body.map(Packet::Whole).map_err(|cut| Lost {
        offset: cut.offset,
        reason: "a TPKT header cut short",
    })
}

/// A transport protocol data unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tpdu<'a> {
    /// CR.
    ConnectRequest(Connect<'a>),
    /// CC.
    ConnectConfirm(Connect<'a>),
    /// DR, with its reason.
    DisconnectRequest(u8),
    /// DC.
    DisconnectConfirm,
    /// DT: a piece of a unit.
    Data {
        /// Whether the unit ends with it.
        mark: Mark,
        /// The piece.
        payload: &'a [u8],
    },
    /// ER, with its cause.
    Error(u8),
    /// A code that class 0 does not use.
    Other(u8),
}

/// The end-of-TSDU mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The unit ends here.
    End,
    /// The unit goes on.
    More,
}

impl Mark {
    /// The mark in the number byte of a DT.
    const fn of(number: u8) -> Self {
        if number & 0x80 != 0 { Self::End } else { Self::More }
    }
}

/// What a CR or CC says of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connect<'a> {
    /// The transport selector of the calling side.
    pub(crate) calling: Option<&'a [u8]>,
    /// The transport selector of the called side.
    pub(crate) called: Option<&'a [u8]>,
}

/// Codes of TPDUs (X.224, 13.2.2.2); the low half byte is credit, not used in class 0.
mod code {
    pub(super) const CR: u8 = 0xe0;
    pub(super) const CC: u8 = 0xd0;
    pub(super) const DR: u8 = 0x80;
    pub(super) const DC: u8 = 0xc0;
    pub(super) const DT: u8 = 0xf0;
    pub(super) const ER: u8 = 0x70;
}

impl Tpdu<'_> {
    /// Tells a TPDU of connection set-up or release; `false` when it is none.
    pub(crate) fn tell(&self, span: Span, sink: &mut dyn Sink) -> bool {
        let (role, code, name, connect) = match self {
            Self::ConnectRequest(connect) => (Role::Request, code::CR, "Connect Request", *connect),
            Self::ConnectConfirm(connect) => (Role::Response, code::CC, "Connect Confirm", *connect),
            Self::DisconnectRequest(_) => (
                Role::Unsolicited,
                code::DR,
                "Disconnect Request",
                Connect::default(),
            ),
            Self::DisconnectConfirm => (Role::Response, code::DC, "Disconnect Confirm", Connect::default()),
            Self::Error(_) => (Role::Unsolicited, code::ER, "Error", Connect::default()),
            Self::Data { .. } | Self::Other(_) => return false,
        };
        sink.message(&Message {
            protocol: COTP,
            role,
            function: Function {
                code: code.into(),
                name,
            },
            operation: OperationClass::Session,
            unit: None,
            objects: &connect.selectors(),
            outcome: Outcome::None,
            transaction: None,
            span,
        });
        true
    }
}

impl<'a> Connect<'a> {
    /// What kind of connection its selectors are for.
    fn opening(&self) -> Opening<'static> {
        match (self.calling, self.called) {
            (Some([1..=3, _]), Some([1..=3, _])) => Opening::S7,
            (_, Some(called)) if called.starts_with(b"SIMATIC-ROOT") => Opening::S7,
            _ => Opening::Nothing,
        }
    }

    fn selectors(&self) -> SmallVec<[Object<'a>; 2]> {
        let named =
            |kind, selector: Option<&'a [u8]>| selector.map(|name| Object::at(Address::Name { kind, name }));
        [
            named("calling-tsap", self.calling),
            named("called-tsap", self.called),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// What the first data unit of a stream starts with, for probes.
pub(crate) enum Opening<'a> {
    /// The payload of the first data TPDU, as far as the bytes go.
    Data(&'a [u8]),
    /// Connection set-up alone, between selectors of S7 connections: kind (programmer, operator panel, basic), then rack
    /// and slot; or the name of a controller's root.
    S7,
    /// No data yet: other connection set-up, or too few bytes.
    Nothing,
    /// No TPKT.
    Other,
}

/// Looks past connection set-up for the first data.
pub(crate) fn opening(bytes: &[u8]) -> Opening<'_> {
    let mut reader = Reader::new(bytes);
    let mut nothing = Opening::Nothing;
    loop {
        match *reader.peek() {
            [3, 0, high, low, 2, 0xf0, _, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                let end = length.min(reader.left());
                return Opening::Data(reader.peek().get(7..end).unwrap_or_default());
            }
            [3, 0, high, low, _, 0xd0..=0xef, ..] => {
                let length = usize::from(u16::from_be_bytes([high, low]));
                if length < 7 {
                    return Opening::Other;
                }
                let mut ahead = reader;
                match next_packet(&mut ahead) {
                    Ok(Packet::Whole(body)) => {
                        reader = ahead;
                        if let Ok(Tpdu::ConnectRequest(connect) | Tpdu::ConnectConfirm(connect)) = tpdu(body)
                        {
                            nothing = connect.opening();
                        }
                    }
                    Ok(Packet::Partial(_)) | Err(_) => return Opening::Nothing,
                }
            }
            [3, 0, ..] | [3] | [] => return nothing,
            _ => return Opening::Other,
        }
    }
}

/// Reads one TPDU; `body` is what follows the TPKT header.
///
/// # Errors
/// When the header is cut short.
pub(crate) fn tpdu<'a>(mut body: Reader<'a>) -> Result<Tpdu<'a>, Truncated> {
    let length = body.u8()?;
    let mut header = body.sub(usize::from(length))?;
    let code = header.u8()?;
    Ok(match code & 0xf0 {
        code::CR => Tpdu::ConnectRequest(connect(header)?),
        code::CC => Tpdu::ConnectConfirm(connect(header)?),
        code::DR => {
            header.skip(4)?;
            Tpdu::DisconnectRequest(header.u8()?)
        }
        code::DC => Tpdu::DisconnectConfirm,
        code::DT => {
            // Classes 2 and up have a destination reference before the mark.
            if header.left() > 2 {
                header.skip(2)?;
            }
            Tpdu::Data {
                mark: Mark::of(header.u8()?),
                payload: body.rest(),
            }
        }
        code::ER => {
            header.skip(2)?;
            Tpdu::Error(header.u8()?)
        }
        _ => Tpdu::Other(code),
    })
}

/// Reads what follows the code of a CR or CC.
fn connect<'a>(mut header: Reader<'a>) -> Result<Connect<'a>, Truncated> {
    header.skip(2 + 2 + 1)?;
    let mut connect = Connect::default();
    while !header.is_empty() {
        let parameter = header.u8()?;
        let length = header.u8()?;
        let value = header.take(usize::from(length))?;
        match parameter {
            0xc1 => connect.calling = Some(value),
            0xc2 => connect.called = Some(value),
            _ => {}
        }
    }
    Ok(connect)
}

/// What became of a piece.
pub(crate) enum Joined<'a> {
    /// The unit is whole.
    Whole(&'a [u8]),
    /// More pieces are to come.
    More,
    /// The unit is longer than [`MAX_TSDU`]: what was kept is dropped, and so is the rest of it.
    TooLong,
}

/// One side's unit in the making.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    kept: Vec<u8>,
    skipping: Skipping,
}

/// Whether pieces are dropped until the next mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Skipping {
    #[default]
    No,
    ToTheMark,
}

impl Assembly {
    /// Takes a piece. A unit of one piece is given back without a copy.
    pub(crate) fn join<'a>(&'a mut self, piece: &'a [u8], mark: Mark) -> Joined<'a> {
        match (self.skipping, mark) {
            (Skipping::ToTheMark, Mark::More) => Joined::More,
            (Skipping::ToTheMark, Mark::End) => {
                self.skipping = Skipping::No;
                Joined::More
            }
            (Skipping::No, Mark::End) if self.kept.is_empty() => Joined::Whole(piece),
            (Skipping::No, _) if self.kept.len() + piece.len() > MAX_TSDU => {
                self.kept = Vec::new();
                self.skipping = match mark {
                    Mark::End => Skipping::No,
                    Mark::More => Skipping::ToTheMark,
                };
                Joined::TooLong
            }
            (Skipping::No, mark) => {
                self.kept.extend_from_slice(piece);
                match mark {
                    Mark::End => Joined::Whole(&self.kept),
                    Mark::More => Joined::More,
                }
            }
        }
    }

    /// Forgets a unit that was given whole, keeping its memory for the next.
    pub(crate) fn done(&mut self) {
        self.kept.clear();
    }

    /// Forgets what was begun: bytes are missing.
    pub(crate) fn drop_begun(&mut self) {
        *self = Self::default();
    }
}

/// Units in the making, one a side.
#[derive(Debug, Default)]
pub(crate) struct Assemblies {
    initiator: Assembly,
    responder: Assembly,
}

impl Assemblies {
    pub(crate) fn of(&mut self, side: Side) -> &mut Assembly {
        match side {
            Side::Initiator => &mut self.initiator,
            Side::Responder => &mut self.responder,
        }
    }
}
