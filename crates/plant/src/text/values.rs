//! Reading the values of keys: identifiers, levels, attributes with their provenance, interfaces.

use super::codes::TextCode;
use super::keys;
use super::reader::{Field, Reader, Section, a, shorten};
use super::words::{InvalidService, InvalidWindow};
use crate::id::InvalidId;
use crate::level::{SecurityLevel, SecurityLevelTarget, SecurityLevelVector};
use crate::model::{Attribute, Interface, Module, Party, Provenance, Service};
use crate::window::{OpenTimes, Window};
use cofferdam_terms::{OperationClass, OperationSet, Timestamp, VlanId};
use ipnet::IpNet;
use std::str::FromStr;

impl<'t> Reader<'t> {
    /// A text, or the empty one where the key is missing.
    pub(super) fn text_or_empty(&mut self, section: &Section<'t>, key: &'static str) -> String {
        self.optional_text(section, key).unwrap_or_default()
    }

    pub(super) fn optional_text(&mut self, section: &Section<'t>, key: &'static str) -> Option<String> {
        let field = section.optional(self, key)?;
        self.text(&field).map(str::to_owned)
    }

    pub(super) fn own_id<I: FromStr<Err = InvalidId>>(&mut self, section: &Section<'t>) -> Option<I> {
        let field = section.required(self, "id")?;
        self.id(&field)
    }

    pub(super) fn optional_id<I: FromStr<Err = InvalidId>>(
        &mut self,
        section: &Section<'t>,
        key: &'static str,
    ) -> Option<I> {
        let field = section.optional(self, key)?;
        self.id(&field)
    }

    fn id<I: FromStr<Err = InvalidId>>(&mut self, field: &Field<'t>) -> Option<I> {
        let slug = field
            .value
            .as_str()
            .map(slug)
            .filter(|slug| slug.parse::<I>().is_ok());
        let help = slug.map(|slug| format!("did you mean `{slug}`?"));
        self.parsed(field, TextCode::InvalidId, help.as_deref())
    }

    pub(super) fn ids<I: FromStr<Err = InvalidId>>(&mut self, field: Option<Field<'t>>) -> Vec<I> {
        let fields = field.map(|field| self.list(&field)).unwrap_or_default();
        fields.iter().filter_map(|field| self.id(field)).collect()
    }

    /// A list that must have an element.
    pub(super) fn filled_list(&mut self, section: &Section<'t>, key: &'static str) -> Vec<Field<'t>> {
        let Some(field) = section.required(self, key) else {
            return Vec::new();
        };
        let fields = self.list(&field);
        if field.value.as_array().is_some_and(toml_edit::Array::is_empty) {
            let error = self.error(
                TextCode::EmptyList,
                field.range,
                format!("`{key}` of {} is empty", section.kind),
            );
            self.push(error.help("name at least one, or take the entry out"));
        }
        fields
    }

    pub(super) fn parties(&mut self, section: &Section<'t>, key: &'static str) -> Vec<Party> {
        let fields = self.filled_list(section, key);
        let forms = "write `zone:test-cell-1` or `asset:historian-1`";
        fields
            .iter()
            .filter_map(|field| self.parsed(field, TextCode::InvalidParty, Some(forms)))
            .collect()
    }

    pub(super) fn services(&mut self, section: &Section<'t>) -> Vec<Service> {
        let fields = self.filled_list(section, "services");
        fields
            .iter()
            .filter_map(|field| self.parsed(field, TextCode::InvalidService, Some(InvalidService::FORMS)))
            .collect()
    }

    /// `"any"`, or a list of operation classes.
    pub(super) fn operations(&mut self, section: &Section<'t>) -> OperationSet {
        let Some(field) = section.required(self, "operations") else {
            return OperationSet::EMPTY;
        };
        if field.value.as_str() == Some("any") {
            return OperationSet::ALL;
        }
        let fields = self.filled_list(section, "operations");
        fields
            .iter()
            .filter_map(|field| self.word(field, &OperationClass::ALL, OperationClass::name))
            .collect()
    }

    pub(super) fn open_times(&mut self, section: &Section<'t>) -> Option<OpenTimes> {
        section.table.get("open")?;
        let fields = self.filled_list(section, "open");
        let windows = fields
            .iter()
            .filter_map(|field| {
                self.parsed::<Window>(field, TextCode::InvalidWindow, Some(InvalidWindow::FORMS))
            })
            .collect();
        Some(OpenTimes { windows })
    }

    pub(super) fn subnets(&mut self, section: &Section<'t>) -> Vec<IpNet> {
        let field = section.optional(self, "subnets");
        let fields = field.map(|field| self.list(&field)).unwrap_or_default();
        fields.iter().filter_map(|field| self.subnet(field)).collect()
    }

    /// Reports a value that has the right type or nearly, and says nothing that fits.
    fn wrong_value(&mut self, field: &Field<'t>, wanted: &str) {
        let found = shorten(field.value.to_string().trim());
        self.wrong_type(field.key, field.range.clone(), &found, wanted);
    }

    fn subnet(&mut self, field: &Field<'t>) -> Option<IpNet> {
        let text = self.text(field)?;
        let (message, help) = match text.parse::<IpNet>() {
            Ok(net) if net == net.trunc() => return Some(net),
            Ok(net) => (
                format!("`{net}` is an address within a subnet"),
                format!("write `{}`", net.trunc()),
            ),
            Err(_) => (
                format!("`{}` is no subnet", shorten(text)),
                "write it like `10.20.1.0/24`; one address is `10.20.1.7/32`".to_owned(),
            ),
        };
        let error = self.error(TextCode::InvalidAddress, field.range.clone(), message);
        self.push(error.help(help));
        None
    }

    /// A number for all seven, or a list of seven.
    pub(super) fn level_target(&mut self, section: &Section<'t>) -> Option<SecurityLevelTarget> {
        let field = section.optional(self, "sl-t")?;
        let vector = match field.value.as_array() {
            None => SecurityLevelVector::uniform(self.level(&field)?),
            Some(_) => {
                let fields = self.list(&field);
                let levels: Vec<_> = fields.iter().filter_map(|field| self.level(field)).collect();
                if levels.len() < fields.len() {
                    return None;
                }
                let Ok(seven) = levels.try_into() else {
                    let message = format!("{} levels where there are seven requirements", fields.len());
                    let error = self
                        .error(TextCode::InvalidLevel, field.range, message)
                        .help("one for each of IAC, UC, SI, DC, RDF, TRE, RA; or one number for all");
                    self.push(error);
                    return None;
                };
                SecurityLevelVector(seven)
            }
        };
        Some(SecurityLevelTarget(vector))
    }

    fn level(&mut self, field: &Field<'t>) -> Option<SecurityLevel> {
        let Some(number) = field.value.as_integer() else {
            self.wrong_type(
                field.key,
                field.range.clone(),
                a(field.value.type_name()),
                "a number from 0 to 4",
            );
            return None;
        };
        let level = u8::try_from(number).ok().and_then(SecurityLevel::new);
        if level.is_none() {
            let error = self.error(
                TextCode::InvalidLevel,
                field.range.clone(),
                format!("{number} is no security level"),
            );
            self.push(error.help("levels go from 0 to 4"));
        }
        level
    }

    pub(super) fn interfaces(&mut self, section: &Section<'t>) -> Vec<Interface> {
        let field = section.optional(self, "interfaces");
        let fields = field.map(|field| self.list(&field)).unwrap_or_default();
        fields.iter().filter_map(|field| self.interface(field)).collect()
    }

    fn interface(&mut self, field: &Field<'t>) -> Option<Interface> {
        let Some(table) = field.value.as_inline_table() else {
            self.wrong_type(
                field.key,
                field.range.clone(),
                a(field.value.type_name()),
                "tables like `{ mac = \"00:1b:1b:aa:bb:cc\", ip = \"10.20.1.7\", vlan = 20 }`",
            );
            return None;
        };
        let section = self.section("interface", table, field.range.clone(), keys::INTERFACE);
        let mac = section.optional(self, "mac").and_then(|field| {
            self.parsed(
                &field,
                TextCode::InvalidAddress,
                Some("write it like `00:1b:1b:aa:bb:cc`"),
            )
        });
        let ip = section.optional(self, "ip");
        let ip = ip.and_then(|field| {
            let text = self.text(&field)?;
            let ip = text.parse().ok();
            if ip.is_none() {
                let message = format!("`{}` is no IP address", shorten(text));
                let error = self.error(TextCode::InvalidAddress, field.range, message);
                self.push(error.help("write it like `10.20.1.7` or `fd00::7`"));
            }
            ip
        });
        let vlan = self.vlan(&section);
        if table.get("mac").is_none() && table.get("ip").is_none() {
            let error = self.error(
                TextCode::InterfaceWithoutAddress,
                field.range.clone(),
                "an interface has neither `mac` nor `ip`",
            );
            self.push(error.help("add the one that is known"));
        }
        Some(Interface { mac, ip, vlan })
    }

    /// A list of texts, or the empty one where the key is missing.
    pub(super) fn texts(&mut self, section: &Section<'t>, key: &'static str) -> Vec<String> {
        let field = section.optional(self, key);
        let fields = field.map(|field| self.list(&field)).unwrap_or_default();
        let texts = fields.iter().filter_map(|field| self.text(field));
        texts.map(str::to_owned).collect()
    }

    pub(super) fn modules(&mut self, section: &Section<'t>) -> Vec<Module> {
        let field = section.optional(self, "modules");
        let fields = field.map(|field| self.list(&field)).unwrap_or_default();
        fields.iter().filter_map(|field| self.module(field)).collect()
    }

    fn module(&mut self, field: &Field<'t>) -> Option<Module> {
        let Some(table) = field.value.as_inline_table() else {
            self.wrong_type(
                field.key,
                field.range.clone(),
                a(field.value.type_name()),
                "tables like `{ slot = \"3\", product = \"1756-IB16\" }`",
            );
            return None;
        };
        let section = self.section("module", table, field.range.clone(), keys::MODULE);
        let slot = section
            .required(self, "slot")
            .and_then(|field| self.text(&field))?;
        Some(Module {
            slot: slot.to_owned(),
            product: self.optional_text(&section, "product"),
            order_number: self.optional_text(&section, "order-number"),
            firmware: self.optional_text(&section, "firmware"),
            serial: self.optional_text(&section, "serial"),
        })
    }

    fn vlan(&mut self, section: &Section<'t>) -> Option<VlanId> {
        let field = section.optional(self, "vlan")?;
        let Some(number) = field.value.as_integer() else {
            let found = a(field.value.type_name());
            self.wrong_type("vlan", field.range, found, "a number from 0 to 4095");
            return None;
        };
        let vlan = u16::try_from(number).ok().and_then(VlanId::new);
        if vlan.is_none() {
            let error = self.error(
                TextCode::InvalidAddress,
                field.range,
                format!("{number} is no VLAN"),
            );
            self.push(error.help("VLAN identifiers go from 0 to 4095"));
        }
        vlan
    }

    pub(super) fn text_attribute(
        &mut self,
        section: &Section<'t>,
        key: &'static str,
    ) -> Option<Attribute<String>> {
        let (field, provenance) = self.attribute(section, key)?;
        let value = self.text(&field)?.to_owned();
        Some(Attribute { value, provenance })
    }

    /// An attribute's value, yet to be read, and where it comes from.
    pub(super) fn attribute(
        &mut self,
        section: &Section<'t>,
        key: &'static str,
    ) -> Option<(Field<'t>, Provenance)> {
        let field = section.optional(self, key)?;
        let Some(table) = field.value.as_inline_table() else {
            return Some((field, Provenance::Declared));
        };
        let inner = self.section(key, table, field.range.clone(), keys::ATTRIBUTE);
        let value = inner.required(self, "value").map(|value| Field { key, ..value });
        let provenance = self.provenance(&inner).unwrap_or(Provenance::Declared);
        Some((value?, provenance))
    }

    fn provenance(&mut self, section: &Section<'t>) -> Option<Provenance> {
        let has = |keys: &[&str]| keys.iter().any(|key| section.table.get(key).is_some());
        match (has(keys::OBSERVED), has(keys::IMPORTED)) {
            (false, false) => Some(Provenance::Declared),
            (true, true) => {
                let error = self.error(
                    TextCode::InvalidProvenance,
                    section.head.clone(),
                    format!("`{}` is said to be both observed and imported", section.kind),
                );
                let help =
                    "keep either `capture`, `packet`, `field`, `at` and `confidence`, or `file` and `row`";
                self.push(error.help(help));
                None
            }
            (false, true) => {
                let file = section.required(self, "file").and_then(|field| self.text(&field));
                let row = section.required(self, "row").and_then(|field| self.count(&field));
                Some(Provenance::Imported {
                    file: file?.to_owned(),
                    row: row?,
                })
            }
            (true, false) => self.observed(section),
        }
    }

    fn observed(&mut self, section: &Section<'t>) -> Option<Provenance> {
        let capture = section
            .required(self, "capture")
            .and_then(|field| self.text(&field));
        let packet = section
            .required(self, "packet")
            .and_then(|field| self.count(&field));
        let source = section
            .required(self, "field")
            .and_then(|field| self.text(&field));
        let at = section
            .required(self, "at")
            .and_then(|field| self.instant(&field));
        let confidence = section
            .required(self, "confidence")
            .and_then(|field| self.confidence(&field));
        Some(Provenance::Observed {
            capture: capture?.to_owned(),
            packet: packet?,
            field: source?.to_owned(),
            at: at?,
            confidence: confidence?,
        })
    }

    /// A number of a packet or row.
    fn count(&mut self, field: &Field<'t>) -> Option<u64> {
        let number = field.value.as_integer().and_then(|n| u64::try_from(n).ok());
        if number.is_none() {
            self.wrong_value(field, "a whole number from 0");
        }
        number
    }

    fn confidence(&mut self, field: &Field<'t>) -> Option<f64> {
        let number = match (field.value.as_float(), field.value.as_integer()) {
            (Some(float), _) => Some(float),
            (None, Some(0)) => Some(0.0),
            (None, Some(1)) => Some(1.0),
            (None, _) => None,
        };
        let number = number.filter(|number| (0.0..=1.0).contains(number));
        if number.is_none() {
            self.wrong_value(field, "a number from 0 to 1");
        }
        number
    }

    fn instant(&mut self, field: &Field<'t>) -> Option<Timestamp> {
        let text = field.value.as_datetime().map(ToString::to_string);
        let at = text.as_deref().and_then(super::words::instant);
        if at.is_none() {
            self.wrong_value(field, "a time like 2026-11-28T06:00:00Z, without quotes");
        }
        at
    }
}

/// What was most likely meant by a text that is no identifier.
fn slug(text: &str) -> String {
    const MAX_LOOKED_AT: usize = 63;
    let characters = text
        .chars()
        .take(MAX_LOOKED_AT)
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9') => c,
            _ => '-',
        });
    characters.collect::<String>().trim_matches('-').to_owned()
}
