//! GE-SRTP: programming and reading of GE Fanuc, GE IP and Emerson controllers (Series 90, PACSystems), over TCP port
//! 18245.
//!
//! Reads: the makers publish no specification; this follows what G. Denton and others found in "Leveraging the SRTP
//! protocol for over-the-network memory acquisition of a GE Fanuc Series 90-30" (DFRWS 2017). Each message is a head of
//! 56 bytes and as much text as it says: opening, requests by service with the memory that they address and write,
//! answers with the memory's content or their status. Requests and answers pair by their number.
//!
//! Memory is told as points, counted from 0 as on the wire: words of `%R`, `%AI`, `%AQ`, bits of the rest.
//!
//! Bounds: [`MAX_OUTSTANDING`] requests that wait.
//!
//! Skipped: the insides of programs, fault tables, names and types of controllers, whose layouts aren't published.

use crate::message::{Address, Anomaly, Function, Message, Object, Outcome, Role, Span};
use crate::reader::{Reader, Truncated};
use crate::registry::{Protocol, Registration, Sample};
use crate::session::{Carrier, Context, Lost, Probe, Progress, Session, Side, Sink};
use cofferdam_terms::OperationClass;
use std::collections::VecDeque;

/// The most requests of one conversation that wait for their answers; the oldest gives way.
const MAX_OUTSTANDING: usize = 16;
/// The bytes of a head.
const HEAD: usize = 56;
/// The code of the messages that open a connection: no service has one beyond a byte.
const OPENING: u32 = 0x100;
/// The code of an answer whose request was not seen.
const UNASKED: u32 = 0x200;

const GE_SRTP: Protocol = Protocol("ge-srtp");

/// GE-SRTP in the registry.
pub(crate) const REGISTRATION: Registration = Registration {
    protocol: GE_SRTP,
    title: "GE-SRTP",
    specification: "unpublished; DFRWS 2017, Denton et al.",
    tcp_ports: &[18245, 18246],
    udp_ports: &[],
    ether_types: &[],
    probe,
    open: || Box::new(Conversation::default()),
    inner: &[],
    samples: SAMPLES,
};

/// What is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// A head whose message type isn't one that its kind has.
    MessageType,
    /// A service that no table knows.
    ServiceCode,
    /// A segment of memory that no table knows.
    SegmentSelector,
}

impl Fault {
    const fn code(self) -> &'static str {
        match self {
            Self::MessageType => "unknown-message",
            Self::ServiceCode => "unknown-service",
            Self::SegmentSelector => "unknown-segment",
        }
    }
}

/// What a message is, by the first byte of its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Opened,
    Request,
    Answer,
}

/// One message.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    kind: Kind,
    number: u16,
    /// The message type, at byte 31 of the head.
    message: u8,
    head: [u8; HEAD],
    text: &'a [u8],
}

/// Message types at byte 31.
mod message {
    /// A request with its parameters in the head.
    pub(super) const SHORT: u8 = 0xc0;
    /// A request with text behind the head.
    pub(super) const LONG: u8 = 0x80;
    /// An answer with up to six bytes in the head.
    pub(super) const DONE: u8 = 0xd4;
    /// An answer with text behind the head.
    pub(super) const DONE_WITH_TEXT: u8 = 0x94;
    pub(super) const REFUSED: u8 = 0xd1;
}

enum Next<'a> {
    Frame(Frame<'a>),
    /// So many bytes more are needed; none between messages.
    Partial(usize),
}

fn next<'a>(reader: &mut Reader<'a>) -> Result<Next<'a>, Lost> {
    let kind = match reader.peek().first() {
        None => return Ok(Next::Partial(0)),
        Some(0) => Kind::Open,
        Some(1) => Kind::Opened,
        Some(2) => Kind::Request,
        Some(3) => Kind::Answer,
        Some(_) => {
            return Err(Lost {
                offset: reader.offset(),
                reason: "no message is of this kind",
            });
        }
    };
    let mut ahead = *reader;
    match frame(kind, &mut ahead) {
        Ok(frame) => {
            *reader = ahead;
            Ok(Next::Frame(frame))
        }
        Err(Truncated { missing, .. }) => Ok(Next::Partial(missing)),
    }
}

fn frame<'a>(kind: Kind, reader: &mut Reader<'a>) -> Result<Frame<'a>, Truncated> {
    let head: [u8; HEAD] = reader.array()?;
    let [_, _, n0, n1, l0, l1, ..] = head;
    let text = reader.take(u16::from_le_bytes([l0, l1]).into())?;
    let message = head.get(31).copied().unwrap_or_default();
    let number = u16::from_le_bytes([n0, n1]);
    Ok(Frame {
        kind,
        number,
        message,
        head,
        text,
    })
}

/// Certain when a request goes to a controller's mailbox, in one piece, with a known service. The opening is all zeros.
fn probe(_: Context, bytes: &[u8]) -> Probe {
    let frame = match next(&mut Reader::new(bytes)) {
        Err(_) => return Probe::No,
        Ok(Next::Partial(_)) => return Probe::Unsure,
        Ok(Next::Frame(frame)) => frame,
    };
    match frame.kind {
        Kind::Open if frame.head == [0; HEAD] => Probe::Unsure,
        Kind::Open => Probe::No,
        Kind::Request => match (frame.head.get(36..42), Request::read(&frame)) {
            (Some([0x10..=0xf0, 0x0e, 0, 0, 1, 1]), Some(request)) if request.service.name().is_some() => {
                Probe::Certain
            }
            _ => Probe::Unsure,
        },
        Kind::Opened | Kind::Answer => Probe::Unsure,
    }
}

/// A service request code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Service(u8);

impl Service {
    const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x00 => "PLC Short Status",
            0x03 => "Return Control Program Names",
            0x04 => "Read System Memory",
            0x05 => "Read Task Memory",
            0x06 => "Read Program Memory",
            0x07 => "Write System Memory",
            0x08 => "Write Task Memory",
            0x09 => "Write Program Block Memory",
            0x20 => "Programmer Logon",
            0x21 => "Change PLC CPU Privilege Level",
            0x22 => "Set Control ID",
            0x23 => "Set PLC State",
            0x24 => "Set PLC Time and Date",
            0x25 => "Return PLC Time and Date",
            0x38 => "Return Fault Table",
            0x39 => "Clear Fault Table",
            0x3f => "Program Store",
            0x40 => "Program Load",
            0x43 => "Return Controller Type and ID",
            0x44 => "Toggle Force System Memory",
            _ => return None,
        })
    }

    /// What the service does. One that no table knows counts as the class that a policy is most careful with.
    const fn operation(self) -> OperationClass {
        match self.0 {
            0x00 | 0x38 | 0x39 => OperationClass::Diagnose,
            0x03 | 0x43 => OperationClass::Identify,
            0x04 | 0x05 => OperationClass::Read,
            0x07 | 0x08 => OperationClass::Write,
            0x20 | 0x21 => OperationClass::Session,
            0x22 => OperationClass::Configure,
            0x23 | 0x44 => OperationClass::Control,
            0x24 | 0x25 => OperationClass::Time,
            _ => OperationClass::Program,
        }
    }

    /// Whether the parameters are a segment of memory, an offset and a length.
    const fn addresses_memory(self) -> bool {
        matches!(self.0, 0x04 | 0x07 | 0x44)
    }

    const fn function(self) -> Function {
        Function {
            code: self.0 as u32,
            name: match self.name() {
                Some(name) => name,
                None => "unknown",
            },
        }
    }
}

/// The memory of a segment selector, and how many points one of its units is.
const fn segment(selector: u8) -> Option<(&'static str, u32)> {
    Some(match selector {
        0x08 => ("%R", 1),
        0x0a => ("%AI", 1),
        0x0c => ("%AQ", 1),
        0x10 => ("%I", 8),
        0x12 => ("%Q", 8),
        0x14 => ("%T", 8),
        0x16 => ("%M", 8),
        0x18 => ("%SA", 8),
        0x1a => ("%SB", 8),
        0x1c => ("%SC", 8),
        0x1e => ("%S", 8),
        0x38 => ("%G", 8),
        0x46 => ("%I", 1),
        0x48 => ("%Q", 1),
        0x4a => ("%T", 1),
        0x4c => ("%M", 1),
        0x4e => ("%SA", 1),
        0x50 => ("%SB", 1),
        0x52 => ("%SC", 1),
        0x54 => ("%S", 1),
        0x56 => ("%G", 1),
        _ => return None,
    })
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    service: Service,
    memory: Option<Address<'static>>,
    fault: Option<Fault>,
}

impl Request {
    /// Reads a request's parameters: in the head, behind two more counters where there is text.
    fn read(frame: &Frame<'_>) -> Option<Self> {
        let start = match frame.message {
            message::SHORT => 42,
            message::LONG => 50,
            _ => return None,
        };
        let [service, selector, o0, o1, l0, l1] = *frame.head.get(start..)?.first_chunk()?;
        let service = Service(service);
        let mut request = Self {
            service,
            memory: None,
            fault: service.name().is_none().then_some(Fault::ServiceCode),
        };
        if service.addresses_memory() {
            match segment(selector) {
                Some((space, points)) => {
                    request.memory = Some(Address::Points {
                        space,
                        first: u32::from(u16::from_le_bytes([o0, o1])) * points,
                        count: u32::from(u16::from_le_bytes([l0, l1])) * points,
                    });
                }
                None => request.fault = Some(Fault::SegmentSelector),
            }
        }
        Some(request)
    }
}

#[derive(Debug, Default)]
struct Conversation {
    outstanding: VecDeque<(u16, Request)>,
}

impl Session for Conversation {
    fn parse(&mut self, context: Context, bytes: &[u8], sink: &mut dyn Sink) -> Result<Progress, Lost> {
        let mut reader = Reader::new(bytes);
        loop {
            let start = reader.offset();
            match next(&mut reader)? {
                Next::Frame(frame) => {
                    let end = reader.offset();
                    let span = Span { start, end };
                    self.frame(&frame, &mut Emit { sink, span });
                }
                Next::Partial(missing) => {
                    return Ok(match context.carrier {
                        Carrier::Tcp => Progress {
                            consumed: start,
                            missing,
                        },
                        Carrier::Udp | Carrier::Ethernet(_) => Progress {
                            consumed: bytes.len(),
                            missing: 0,
                        },
                    });
                }
            }
        }
    }

    /// A request or answer that was missed would let later ones pair wrongly.
    fn gap(&mut self, _: Side) {
        self.outstanding.clear();
    }
}

impl Conversation {
    fn frame(&mut self, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let name = "Open Connection";
        let opening = Function { code: OPENING, name };
        match frame.kind {
            Kind::Open => emit.tell(
                Role::Request,
                opening,
                OperationClass::Session,
                Outcome::None,
                None,
                None,
            ),
            Kind::Opened => {
                emit.tell(
                    Role::Response,
                    opening,
                    OperationClass::Session,
                    Outcome::Success,
                    None,
                    None,
                );
            }
            Kind::Request => match Request::read(frame) {
                Some(request) => self.request(frame, request, emit),
                None => emit.fault(Fault::MessageType),
            },
            Kind::Answer => self.answer(frame, emit),
        }
    }

    fn request(&mut self, frame: &Frame<'_>, request: Request, emit: &mut Emit<'_>) {
        self.outstanding.retain(|(number, _)| *number != frame.number);
        if self.outstanding.len() == MAX_OUTSTANDING {
            self.outstanding.pop_front();
        }
        self.outstanding.push_back((frame.number, request));
        let value = Some(frame.text).filter(|text| !text.is_empty());
        let service = request.service;
        emit.tell(
            Role::Request,
            service.function(),
            service.operation(),
            Outcome::None,
            request.memory.map(|address| Object { address, value }),
            Some(frame.number),
        );
        if let Some(fault) = request.fault {
            emit.fault(fault);
        }
    }

    fn answer(&mut self, frame: &Frame<'_>, emit: &mut Emit<'_>) {
        let at = self
            .outstanding
            .iter()
            .position(|(number, _)| *number == frame.number);
        let asked = at
            .and_then(|at| self.outstanding.remove(at))
            .map(|(_, request)| request);
        let (outcome, value) = match frame.message {
            message::DONE_WITH_TEXT => (Outcome::Success, Some(frame.text)),
            // Six bytes in the head hold a short answer.
            message::DONE => (Outcome::Success, frame.head.get(44..50)),
            message::REFUSED => {
                let [major, minor] = frame
                    .head
                    .get(42..)
                    .and_then(<[u8]>::first_chunk)
                    .copied()
                    .unwrap_or_default();
                let outcome = Outcome::Failure {
                    code: u16::from_be_bytes([major, minor]).into(),
                    name: "refused",
                };
                (outcome, None)
            }
            _ => return emit.fault(Fault::MessageType),
        };
        let (function, operation) = match asked {
            Some(request) => (request.service.function(), request.service.operation()),
            None => {
                let name = "Answer to a Request Not Seen";
                (Function { code: UNASKED, name }, OperationClass::Session)
            }
        };
        let reads = asked.filter(|request| request.service == Service(0x04));
        let memory = asked.and_then(|request| request.memory);
        let object = memory.map(|address| Object {
            address,
            value: value.filter(|_| reads.is_some()),
        });
        emit.tell(
            Role::Response,
            function,
            operation,
            outcome,
            object,
            Some(frame.number),
        );
    }
}

/// The sink, and where the message at hand stands.
struct Emit<'s> {
    sink: &'s mut dyn Sink,
    span: Span,
}

impl Emit<'_> {
    fn fault(&mut self, fault: Fault) {
        self.sink.anomaly(&Anomaly {
            protocol: GE_SRTP,
            code: fault.code(),
            span: self.span,
        });
    }

    fn tell(
        &mut self,
        role: Role,
        function: Function,
        operation: OperationClass,
        outcome: Outcome,
        object: Option<Object<'_>>,
        number: Option<u16>,
    ) {
        self.sink.message(&Message {
            protocol: GE_SRTP,
            role,
            function,
            operation,
            unit: None,
            objects: object.as_slice(),
            outcome,
            transaction: number.map(u32::from),
            span: self.span,
        });
    }
}

const fn tcp(side: Side) -> Context {
    Context {
        side,
        carrier: Carrier::Tcp,
        port: 18245,
    }
}

const SAMPLES: &[Sample] = &[Sample {
    name: "an opening, a read of registers and a write of one",
    turns: &[
        (tcp(Side::Initiator), &[0; HEAD]),
        (
            tcp(Side::Responder),
            &[
                0x01, 0, 0, 0, 0, 0, 0, 0, 0x0f, 0, 0, 0, 0, 0, 0, 0, // opened
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, //
                0, 0, 0, 0, 0, 0, 0, 0,
            ],
        ),
        (
            tcp(Side::Initiator),
            &[
                0x02, 0, 0x05, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, // request 5, no text
                0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xc0, // short
                0, 0, 0, 0, 0x10, 0x0e, 0, 0, 1, 1, // to the mailbox of slot 1, piece 1 of 1
                0x04, 0x08, 0x63, 0x00, 0x02, 0x00, // read system memory, %R, from 99, two
                0, 0, 0, 0, 0, 0, 0, 0,
            ],
        ),
        (
            tcp(Side::Responder),
            &[
                0x03, 0, 0x05, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, // answer 5
                0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x05, 0xd4, // done
                0x10, 0x0e, 0, 0, 0x20, 0x5a, 0, 0, 1, 1, //
                0, 0, 0x34, 0x12, 0x78, 0x56, 0, 0, // status, two words
                0, 0, 0, 0, 0, 0,
            ],
        ),
        (
            tcp(Side::Initiator),
            &[
                0x02, 0, 0x06, 0, 0x02, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, // request 6, two bytes of text
                0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x06, 0x80, // long
                0, 0, 0, 0, 0x10, 0x0e, 0, 0, 1, 1, 0x02, 0, 0, 0, 0, 0, //
                1, 1, 0x07, 0x08, 0x63, 0x00, 0x01, 0x00, // write system memory, %R, 99, one
                0x01, 0x00,
            ],
        ),
        (
            tcp(Side::Responder),
            &[
                0x03, 0, 0x06, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, // answer 6
                0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x06, 0xd1, // refused
                0x10, 0x0e, 0, 0, 0x20, 0x5a, 0, 0, 1, 1, //
                0x05, 0x02, 0, 0, 0, 0, 0, 0, // why
                0, 0, 0, 0, 0, 0,
            ],
        ),
    ],
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{lines, outcome};
    use proptest::prelude::*;

    const ASK: Context = tcp(Side::Initiator);
    const ANSWER: Context = tcp(Side::Responder);

    /// A request with its parameters in the head.
    fn short(number: u8, parameters: [u8; 6]) -> Vec<u8> {
        let mut head = [0; HEAD];
        (head[0], head[2], head[31]) = (2, number, message::SHORT);
        head[36..42].copy_from_slice(&[0x10, 0x0e, 0, 0, 1, 1]);
        head[42..48].copy_from_slice(&parameters);
        head.to_vec()
    }

    fn answer(number: u8, kind: u8, text: &[u8]) -> Vec<u8> {
        let mut head = [0; HEAD];
        (head[0], head[2], head[31]) = (3, number, kind);
        head[4] = u8::try_from(text.len()).unwrap();
        [&head, text].concat()
    }

    fn check(turns: &[(Context, Vec<u8>)], expected: &[&str]) {
        let turns: Vec<_> = turns
            .iter()
            .map(|(context, bytes)| (*context, bytes.as_slice()))
            .collect();
        assert_eq!(lines(&mut Conversation::default(), &turns), expected);
    }

    #[test]
    fn an_answer_gives_the_memory_of_its_request_its_content() {
        check(
            &[
                (ASK, short(1, [0x04, 0x08, 0x63, 0, 2, 0])),
                (ASK, short(2, [0x04, 0x10, 2, 0, 1, 0])),
                (ANSWER, answer(2, message::DONE_WITH_TEXT, &[0xff])),
                (ANSWER, answer(1, message::DONE, &[])),
                (ANSWER, answer(1, message::DONE, &[])),
            ],
            &[
                "request ge-srtp 0x4 Read System Memory [read]; %R 99+2",
                "request ge-srtp 0x4 Read System Memory [read]; %I 16+8",
                "response ge-srtp 0x4 Read System Memory [read] ok; %I 16+8 = ff",
                "response ge-srtp 0x4 Read System Memory [read] ok; %R 99+2 = 000000000000",
                "response ge-srtp 0x200 Answer to a Request Not Seen [session] ok",
            ],
        );
    }

    #[test]
    fn services_are_classed_by_what_they_do() {
        for (service, expected) in [
            (0x23, "0x23 Set PLC State [control]"),
            (0x40, "0x40 Program Load [program]"),
            (0x21, "0x21 Change PLC CPU Privilege Level [session]"),
            (0x43, "0x43 Return Controller Type and ID [identify]"),
        ] {
            check(
                &[(ASK, short(1, [service, 0, 0, 0, 0, 0]))],
                &[&format!("request ge-srtp {expected}")],
            );
        }
    }

    #[test]
    fn what_no_table_knows_is_said() {
        check(
            &[
                (ASK, short(1, [0x77, 0, 0, 0, 0, 0])),
                (ASK, short(2, [0x04, 0x99, 0, 0, 1, 0])),
                (ANSWER, answer(2, 0x55, &[])),
            ],
            &[
                "request ge-srtp 0x77 unknown [program]",
                "anomaly ge-srtp unknown-service",
                "request ge-srtp 0x4 Read System Memory [read]",
                "anomaly ge-srtp unknown-segment",
                "anomaly ge-srtp unknown-message",
            ],
        );
        let (progress, _) = outcome(&mut Conversation::default(), ASK, &[9; HEAD]);
        assert_eq!(progress.unwrap_err().offset, 0);
    }

    #[test]
    fn is_known_on_any_port_by_a_request_to_a_mailbox() {
        let request = short(1, [0x04, 0x08, 0, 0, 1, 0]);
        let mut elsewhere = request.clone();
        elsewhere[37] = 0;
        for (bytes, expected) in [
            (&request[..], Probe::Certain),
            (&elsewhere, Probe::Unsure),
            (&request[..40], Probe::Unsure),
            (&short(1, [0x77, 0, 0, 0, 0, 0]), Probe::Unsure),
            (&[0; HEAD], Probe::Unsure),
            (&answer(1, message::DONE, &[]), Probe::Unsure),
            (&[4; HEAD], Probe::No),
        ] {
            assert_eq!(probe(ASK, bytes), expected, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn memory_that_is_encoded_is_read(offset in any::<u16>(), length in any::<u16>(), number in any::<u8>()) {
            let ([o0, o1], [l0, l1]) = (offset.to_le_bytes(), length.to_le_bytes());
            let bytes = short(number, [0x04, 0x08, o0, o1, l0, l1]);
            let (_, told) = outcome(&mut Conversation::default(), ASK, &bytes);
            let expected = format!("request ge-srtp 0x4 Read System Memory [read]; %R {offset}+{length}");
            prop_assert_eq!(told, [expected]);
        }
    }
}
