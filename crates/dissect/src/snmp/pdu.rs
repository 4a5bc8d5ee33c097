//! A PDU and its variable bindings (RFC 3416, 3; RFC 1157, 4.1).

use super::{SNMP, names};
use crate::asn1::{self, Malformed};
use crate::description;
use crate::message::{Address, Function, IdentityField, Message, Object, Outcome, Role, Span};
use crate::reader::Reader;
use crate::tell::{Tell, plain, trimmed};
use cofferdam_terms::OperationClass;
use smallvec::SmallVec;

/// The most objects of a PDU that are kept; more are dropped and said.
pub(super) const MAX_BINDINGS: usize = 64;

/// An object with its value.
#[derive(Debug)]
struct Binding<'a> {
    object: SmallVec<[u8; 64]>,
    tag: u8,
    value: &'a [u8],
}

/// A PDU of any version.
#[derive(Debug)]
pub(super) struct Pdu<'a> {
    number: u8,
    pub(super) request: i64,
    error: i64,
    bindings: SmallVec<[Binding<'a>; 4]>,
    pub(super) too_many: bool,
}

impl<'a> Pdu<'a> {
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let (tag, mut content) = asn1::element(reader)?;
        // Context-specific, constructed.
        if tag & 0xe0 != 0xa0 {
            return Err(Malformed::Form);
        }
        let mut this = Self {
            number: tag & 0x1f,
            request: 0,
            error: 0,
            bindings: SmallVec::new(),
            too_many: false,
        };
        if this.number == names::TRAP {
            this.read_trap(&mut content)?;
        } else {
            this.request = asn1::integer(&mut content)?;
            let second = asn1::integer(&mut content)?;
            let _index = asn1::integer(&mut content)?;
            // GetBulk has its repetitions there.
            this.error = if this.number == names::GET_BULK { 0 } else { second };
        }
        let mut list = asn1::expect(&mut content, asn1::SEQUENCE)?;
        while !list.is_empty() {
            if this.bindings.len() == MAX_BINDINGS {
                this.too_many = true;
                break;
            }
            let mut pair = asn1::expect(&mut list, asn1::SEQUENCE)?;
            let object = asn1::object_id(asn1::expect(&mut pair, asn1::OBJECT_ID)?.rest());
            let (tag, mut value) = asn1::element(&mut pair)?;
            let value = value.rest();
            this.bindings.push(Binding { object, tag, value });
        }
        Ok(this)
    }

    /// Version 1's trap: what it is about stands before the bindings.
    fn read_trap(&mut self, content: &mut Reader<'a>) -> Result<(), Malformed> {
        let object = asn1::object_id(asn1::expect(content, asn1::OBJECT_ID)?.rest());
        let _agent = asn1::element(content)?;
        let (generic, _specific) = (asn1::integer(content)?, asn1::integer(content)?);
        let _time = asn1::element(content)?;
        self.request = generic;
        self.bindings.push(Binding {
            object,
            tag: 0,
            value: &[],
        });
        Ok(())
    }

    pub(super) const fn is_known(&self) -> bool {
        self.number <= names::LAST
    }

    pub(super) fn describe(&self) -> (Function, Role, OperationClass) {
        let (name, role, class) = names::pdu(self.number);
        let function = Function {
            code: self.number.into(),
            name,
        };
        // To ask a device who it is, in whole, is no reading of what it does.
        let identifies = !self.bindings.is_empty()
            && self
                .bindings
                .iter()
                .all(|binding| names::lies_in(&binding.object, &names::IDENTIFYING));
        let class = if identifies && class == OperationClass::Read {
            OperationClass::Identify
        } else {
            class
        };
        (function, role, class)
    }

    pub(super) fn outcome(&self) -> Outcome {
        match (names::pdu(self.number).1, self.error) {
            (Role::Response, 0) => Outcome::Success,
            (Role::Response, error) => Outcome::Failure {
                code: u32::try_from(error).unwrap_or(u32::MAX),
                name: names::error(error),
            },
            (Role::Request | Role::Unsolicited, _) => Outcome::None,
        }
    }

    pub(super) fn tell(
        &self,
        function: Function,
        role: Role,
        class: OperationClass,
        span: Span,
        tell: &mut Tell<'_>,
    ) {
        let objects: SmallVec<[Object<'_>; 4]> = self.bindings.iter().map(Binding::object).collect();
        tell.message(&Message {
            objects: &objects,
            outcome: self.outcome(),
            // Request ids are 32 bits, signed.
            transaction: i32::try_from(self.request).ok().map(i32::cast_unsigned),
            ..plain(SNMP, role, function, class, span)
        });
    }

    /// What an answer says of its sender.
    pub(super) fn facts(&self, tell: &mut Tell<'_>) {
        for binding in &self.bindings {
            match (binding.object.as_slice(), binding.tag) {
                (names::SYSTEM_DESCRIPTION, asn1::OCTETS) => description::tell(trimmed(binding.value), tell),
                (names::SYSTEM_OBJECT_ID, asn1::OBJECT_ID) => {
                    let object = asn1::object_id(binding.value);
                    if let Some(maker) = names::maker(&object) {
                        tell.fact(IdentityField::Vendor, maker.as_bytes());
                    }
                    tell.fact(IdentityField::ProductCode, &object);
                }
                (object, asn1::OCTETS) => {
                    if let Some(field) = names::fact(object) {
                        tell.fact(field, trimmed(binding.value));
                    }
                }
                _ => {}
            }
        }
    }
}

impl Binding<'_> {
    fn object(&self) -> Object<'_> {
        let secret = names::lies_in(&self.object, &names::SECRET);
        Object {
            address: Address::Name {
                kind: "object",
                name: &self.object,
            },
            value: (!secret && !self.value.is_empty()).then_some(self.value),
        }
    }
}
