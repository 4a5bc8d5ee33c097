//! The frames that KNXnet/IP carries to and from the bus: the common external message interface (03/06/03, 4.1) with
//! the transport and application layer of the bus (03/03/04, 03/03/07).

use super::names::{self, Apci, Part};
use super::{CEMI, Fault};
use crate::message::{
    About, Address, Function, Identity, IdentityField, Message, Object, Outcome, Role, Span,
};
use crate::reader::{Reader, Truncated};
use crate::tell::{Tell, named, plain, trimmed};
use cofferdam_terms::OperationClass;

const L_DATA_REQUEST: u8 = 0x11;
const L_DATA_INDICATION: u8 = 0x29;
const L_DATA_CONFIRMATION: u8 = 0x2e;
/// Added to a message code, where it stands for the function.
const FRAME_CODE: u32 = 0x1_0000;
/// Added to the transport layer's control field, where that stands for the function.
const TRANSPORT_CODE: u32 = 0x2_0000;

/// A group's address as people write it: main, middle and sub group (5, 3 and 8 bits).
fn group_text(address: u16) -> String {
    format!("{}/{}/{}", address >> 11, address >> 8 & 0x07, address & 0xff)
}

/// Tells one frame.
pub(super) fn tell(mut reader: Reader<'_>, span: Span, tell: &mut Tell<'_>) -> Result<(), Fault> {
    let code = reader.u8()?;
    if matches!(code, L_DATA_REQUEST | L_DATA_INDICATION | L_DATA_CONFIRMATION) {
        let additional = reader.u8()?;
        reader.skip(additional.into())?;
        return data(code, reader, span, tell);
    }
    let known = names::other_frame(code);
    let (name, role, class) = known.unwrap_or(("unknown", Role::Unsolicited, OperationClass::Program));
    let function = Function {
        code: FRAME_CODE | u32::from(code),
        name,
    };
    let said = plain(CEMI, role, function, class, span);
    if matches!(code, 0xfc | 0xfb | 0xf6 | 0xf5 | 0xf7) {
        return Ok(local_property(code, reader, said, tell)?);
    }
    tell.message(&said);
    if known.is_some() {
        Ok(())
    } else {
        Err(Fault::UnknownFrame)
    }
}

/// `M_Prop`: a property of the interface itself. An answer of no elements is a refusal.
fn local_property(
    code: u8,
    mut reader: Reader<'_>,
    said: Message<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), Truncated> {
    let class = reader.u16_be()?;
    let instance = reader.u8()?;
    let property = reader.u8()?;
    let elements = reader.u16_be()? >> 12;
    let content = reader.rest();
    let outcome = match (said.role, elements) {
        (Role::Response, 0) => Outcome::Failure {
            code: content.first().copied().unwrap_or_default().into(),
            name: "property not served",
        },
        (Role::Response, _) => Outcome::Success,
        (Role::Request | Role::Unsolicited, _) => Outcome::None,
    };
    let holds = elements > 0 && !content.is_empty();
    let object = Object {
        address: Address::Path {
            class: class.into(),
            instance: Some(instance.into()),
            attribute: Some(property.into()),
        },
        value: holds.then_some(content),
    };
    tell.message(&Message {
        objects: &[object],
        outcome,
        ..said
    });
    if code == 0xfb && holds {
        property_facts(class.into(), property, content, None, tell);
    }
    Ok(())
}

/// What a property says of its device (03/05/01 and 03/08/03: the device object, the KNXnet/IP parameter object).
fn property_facts(class: u32, property: u8, content: &[u8], unit: Option<u32>, tell: &mut Tell<'_>) {
    let hex = || {
        content
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let (field, text) = match (class, property, content) {
        (0, 11, [_, _, _, _, _, _]) => (IdentityField::Serial, hex()),
        (0, 12, [high, low]) => (IdentityField::Vendor, maker(u16::from_be_bytes([*high, *low]))),
        (0, 15, _) => (IdentityField::ProductCode, hex()),
        (0, 25, [high, low]) => {
            let (magic, version, revision) = (
                high >> 3,
                (u16::from(high & 7) << 2) | u16::from(low >> 6),
                low & 0x3f,
            );
            (IdentityField::Firmware, format!("{magic}.{version}.{revision}"))
        }
        (11, 76, _) => (
            IdentityField::HostName,
            String::from_utf8_lossy(trimmed(content)).into_owned(),
        ),
        _ => return,
    };
    fact(field, text.as_bytes(), unit, tell);
}

/// A maker by the number that the KNX Association gave it.
pub(super) fn maker(number: u16) -> String {
    format!("KNX manufacturer {number}")
}

fn fact(field: IdentityField, value: &[u8], unit: Option<u32>, tell: &mut Tell<'_>) {
    if value.is_empty() {
        return;
    }
    tell.identity(&Identity {
        protocol: CEMI,
        about: About::Sender,
        unit,
        field,
        value,
    });
}

/// `L_Data`: from whom, to whom.
#[derive(Clone, Copy, Debug)]
struct Link {
    code: u8,
    failed: bool,
    to_group: bool,
    source: u16,
    target: u16,
}

fn data(code: u8, mut reader: Reader<'_>, span: Span, tell: &mut Tell<'_>) -> Result<(), Fault> {
    let [control, control2] = reader.array()?;
    let link = Link {
        code,
        failed: code == L_DATA_CONFIRMATION && control & 0x01 != 0,
        to_group: control2 & 0x80 != 0,
        source: reader.u16_be()?,
        target: reader.u16_be()?,
    };
    let length = usize::from(reader.u8()?);
    let first = reader.u8()?;
    let mut content = reader.sub(length)?;
    let after = if reader.is_empty() {
        Ok(())
    } else {
        Err(Fault::TrailingBytes)
    };
    if first & 0x80 != 0 || length == 0 {
        transport(&link, first, span, tell);
        return after;
    }
    let second = content.u8()?;
    let bits = u16::from(first & 0x03) << 8 | u16::from(second);
    application(&link, bits, content, span, tell)?;
    after
}

/// Opens, keeps and closes connections on the bus.
fn transport(link: &Link, control: u8, span: Span, tell: &mut Tell<'_>) {
    let control = control & 0xc3;
    let name = match control {
        0x80 => "T_Connect",
        0x81 => "T_Disconnect",
        0xc2 => "T_ACK",
        0xc3 => "T_NAK",
        _ => "T_Data",
    };
    let function = Function {
        code: TRANSPORT_CODE | u32::from(control),
        name,
    };
    let said = plain(CEMI, Role::Unsolicited, function, OperationClass::Session, span);
    tell.message(&Message {
        unit: link.unit(Part::Set),
        outcome: link.outcome(),
        role: link.role(Part::Set),
        ..said
    });
}

impl Link {
    /// The device on the bus that is asked, else the one that speaks. 0.0.0 is nobody's.
    fn unit(&self, part: Part) -> Option<u32> {
        let speaker = (self.source != 0).then_some(self.source.into());
        match part {
            Part::Ask | Part::Set if !self.to_group => Some(self.target.into()),
            Part::Ask | Part::Set | Part::Answer => speaker,
        }
    }

    const fn outcome(&self) -> Outcome {
        match (self.code, self.failed) {
            (L_DATA_CONFIRMATION, true) => Outcome::Failure {
                code: 1,
                name: "not sent on the bus",
            },
            (L_DATA_CONFIRMATION, false) => Outcome::Success,
            _ => Outcome::None,
        }
    }

    /// A confirmation answers what needs no other answer; of a question it only says that it was asked.
    const fn role(&self, part: Part) -> Role {
        match (part, self.code) {
            (Part::Answer, _) => Role::Response,
            (Part::Set, L_DATA_CONFIRMATION) => Role::Response,
            (Part::Ask, L_DATA_CONFIRMATION) if self.failed => Role::Response,
            (Part::Ask, L_DATA_CONFIRMATION) => Role::Unsolicited,
            (Part::Ask, _) | (Part::Set, L_DATA_REQUEST) => Role::Request,
            (Part::Set, _) => Role::Unsolicited,
        }
    }
}

fn application(
    link: &Link,
    bits: u16,
    mut content: Reader<'_>,
    span: Span,
    tell: &mut Tell<'_>,
) -> Result<(), Fault> {
    let apci = Apci::of(bits);
    let known = apci.known();
    let (name, part, class) = known.unwrap_or(("unknown", Part::Set, OperationClass::Program));
    let function = Function {
        code: apci.0.into(),
        name,
    };
    let said = plain(CEMI, link.role(part), function, class, span);
    let said = Message {
        unit: link.unit(part),
        outcome: match (part, link.outcome()) {
            (Part::Answer, Outcome::None) => Outcome::Success,
            (_, outcome) => outcome,
        },
        ..said
    };
    let group = group_text(link.target);
    // Values of up to six bits stand in the service's own byte.
    let short = [u8::try_from(bits & 0x3f).unwrap_or_default()];
    let object = match apci {
        Apci::GROUP_READ => Some(named("group", group.as_bytes())),
        Apci::GROUP_RESPONSE | Apci::GROUP_WRITE => Some(Object {
            value: Some(if content.is_empty() {
                &short
            } else {
                content.peek()
            }),
            ..named("group", group.as_bytes())
        }),
        Apci::MEMORY_READ | Apci::MEMORY_RESPONSE | Apci::MEMORY_WRITE => Some(Object {
            address: Address::Memory {
                area: "memory",
                block: 0,
                bit: u32::from(content.u16_be()?) * 8,
                bits: u32::from(bits & 0x0f) * 8,
            },
            value: (!content.is_empty()).then_some(content.peek()),
        }),
        Apci::PROPERTY_READ | Apci::PROPERTY_RESPONSE | Apci::PROPERTY_WRITE => {
            return Ok(remote_property(apci, content, said, tell)?);
        }
        Apci(_) => None,
    };
    tell.message(&Message {
        objects: object.as_slice(),
        ..said
    });
    if apci == Apci::DESCRIPTOR_RESPONSE && short == [0] {
        let mask = format!("KNX mask 0x{:04x}", content.u16_be()?);
        fact(IdentityField::DeviceType, mask.as_bytes(), said.unit, tell);
    }
    if known.is_some() {
        Ok(())
    } else {
        Err(Fault::UnknownService)
    }
}

/// A property of a device on the bus, whose first object is the device itself.
fn remote_property(
    apci: Apci,
    mut reader: Reader<'_>,
    said: Message<'_>,
    tell: &mut Tell<'_>,
) -> Result<(), Truncated> {
    let [index, property] = reader.array()?;
    let elements = reader.u16_be()? >> 12;
    let content = reader.rest();
    let refused = said.role == Role::Response && elements == 0 && apci == Apci::PROPERTY_RESPONSE;
    let outcome = if refused {
        Outcome::Failure {
            code: 0,
            name: "property not served",
        }
    } else {
        said.outcome
    };
    let object = Object {
        address: Address::Path {
            class: index.into(),
            instance: None,
            attribute: Some(property.into()),
        },
        value: (!content.is_empty()).then_some(content),
    };
    tell.message(&Message {
        objects: &[object],
        outcome,
        ..said
    });
    if apci == Apci::PROPERTY_RESPONSE && index == 0 {
        property_facts(0, property, content, said.unit, tell);
    }
    Ok(())
}
