//! What fields the records of a set have, as its exporter said before. Each exporter's domain has its own numbers.

use super::wire::Version;
use super::{BadExport, MAX_FIELDS, MAX_TEMPLATES};
use cofferdam_dissect::Reader;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// An exporter's observation domain.
pub(super) type Domain = (Option<IpAddr>, Version, u32);

/// One field: whose numbering, which, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// 0 for IANA's.
    pub(super) enterprise: u32,
    pub(super) id: u16,
    length: u16,
}

/// The length that stands for one that each record says by itself.
const VARIABLE: u16 = 0xffff;
/// Set in a field's number when its enterprise follows.
const ENTERPRISE: u16 = 0x8000;

/// What a set's records say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Flows,
    /// Something about the exporter.
    Options,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) kind: Kind,
    fields: Vec<Field>,
}

impl Template {
    fn new(kind: Kind, fields: Vec<Field>) -> Result<Self, BadExport> {
        let template = Self { kind, fields };
        // Records of no length would never end.
        if template.least() == 0 {
            return Err(BadExport::Template);
        }
        Ok(template)
    }

    /// The least bytes of a record.
    pub(super) fn least(&self) -> usize {
        let length = |field: &Field| match field.length {
            VARIABLE => 1,
            length => length.into(),
        };
        self.fields.iter().map(length).sum()
    }

    /// Reads one record, field by field.
    pub(super) fn record<'a>(
        &self,
        reader: &mut Reader<'a>,
        mut take: impl FnMut(Field, &'a [u8]),
    ) -> Result<(), BadExport> {
        for field in &self.fields {
            let length = match field.length {
                VARIABLE => match reader.u8()? {
                    255 => reader.u16_be()?.into(),
                    short => short.into(),
                },
                length => usize::from(length),
            };
            take(*field, reader.take(length)?);
        }
        Ok(())
    }
}

/// All templates that are known.
#[derive(Debug, Default)]
pub(super) struct Templates {
    known: BTreeMap<(Domain, u16), Template>,
    /// Read so far, repeated ones not counted.
    pub(super) read: u64,
}

impl Templates {
    pub(super) fn get(&self, domain: Domain, id: u16) -> Option<&Template> {
        self.known.get(&(domain, id))
    }

    /// Takes a set of templates; tells the numbers that it gave.
    pub(super) fn take(
        &mut self,
        domain: Domain,
        kind: Kind,
        mut reader: Reader<'_>,
    ) -> Result<Vec<u16>, BadExport> {
        let mut given = Vec::new();
        // What is shorter than a template's head is padding.
        while reader.left() >= 4 {
            let id = reader.u16_be()?;
            if id < 256 {
                // Withdrawals of all (RFC 7011, 8.1) bear the set's number; zeros are padding.
                self.withdraw_all(domain, id);
                reader.skip(2)?;
                continue;
            }
            let fields = match (domain.1, kind) {
                (Version::V9, Kind::Options) => {
                    let bytes = usize::from(reader.u16_be()?) + usize::from(reader.u16_be()?);
                    fields(&mut reader, domain.1, bytes / 4)?
                }
                (_, kind) => {
                    let count = usize::from(reader.u16_be()?);
                    if count == 0 {
                        self.known.remove(&(domain, id));
                        continue;
                    }
                    if kind == Kind::Options {
                        // How many of them are the scope makes no difference here.
                        reader.skip(2)?;
                    }
                    fields(&mut reader, domain.1, count)?
                }
            };
            self.keep(domain, id, Template::new(kind, fields)?)?;
            given.push(id);
        }
        Ok(given)
    }

    fn keep(&mut self, domain: Domain, id: u16, template: Template) -> Result<(), BadExport> {
        let full = self.known.len() >= MAX_TEMPLATES;
        match self.known.get_mut(&(domain, id)) {
            Some(known) if *known == template => return Ok(()),
            Some(known) => *known = template,
            None if full => return Err(BadExport::Room),
            None => {
                self.known.insert((domain, id), template);
            }
        }
        self.read += 1;
        Ok(())
    }

    fn withdraw_all(&mut self, domain: Domain, set: u16) {
        let kind = match set {
            2 => Kind::Flows,
            3 => Kind::Options,
            _ => return,
        };
        self.known
            .retain(|(theirs, _), template| *theirs != domain || template.kind != kind);
    }
}

fn fields(reader: &mut Reader<'_>, version: Version, count: usize) -> Result<Vec<Field>, BadExport> {
    if count > MAX_FIELDS {
        return Err(BadExport::Template);
    }
    let mut fields = Vec::new();
    for _ in 0..count {
        let id = reader.u16_be()?;
        let length = reader.u16_be()?;
        let enterprise = match version {
            Version::Ipfix if id & ENTERPRISE != 0 => reader.u32_be()?,
            Version::Ipfix | Version::V5 | Version::V9 => 0,
        };
        let id = match version {
            Version::Ipfix => id & !ENTERPRISE,
            Version::V5 | Version::V9 => id,
        };
        let length = match (version, length) {
            // Only IPFIX has lengths that vary.
            (Version::V5 | Version::V9, VARIABLE) => return Err(BadExport::Template),
            (_, length) => length,
        };
        fields.push(Field {
            enterprise,
            id,
            length,
        });
    }
    Ok(fields)
}
