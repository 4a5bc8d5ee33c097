//! Assets as CSV (RFC 4180): a row for each interface, and one for each module. What a spreadsheet would take for a
//! formula gets an apostrophe in front, which the reader of this crate takes off again.

use super::{Export, ExportContext, harmless};
use crate::table::{Field, escaped};
use cofferdam_plant::{Asset, Attribute, Interface, Module, Plant};
use std::fmt::Display;

pub(super) const EXPORT: Export = Export {
    name: "csv",
    title: "assets as CSV, safe to open in a spreadsheet",
    extension: "csv",
    write,
};

/// How a module without a slot is written.
const NO_SLOT: &str = "-";

fn write(plant: &Plant, _context: &ExportContext) -> String {
    let mut out = String::new();
    line(&mut out, Field::ALL.map(|field| field.name().to_owned()));
    for asset in plant.assets() {
        let none = Interface {
            mac: None,
            ip: None,
            vlan: None,
        };
        let empty = [none];
        let interfaces = match asset.interfaces.as_slice() {
            [] => &empty,
            some => some,
        };
        for interface in interfaces {
            line(
                &mut out,
                Field::ALL.map(|field| of_asset(asset, interface, field)),
            );
        }
        for module in &asset.modules {
            line(&mut out, Field::ALL.map(|field| of_module(asset, module, field)));
        }
    }
    out
}

fn line(out: &mut String, values: impl IntoIterator<Item = String>) {
    for (n, value) in values.into_iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        let value = escaped(&harmless(&value));
        if value.contains(['"', ',', ';', '\t', '|', ' ']) || value.is_empty() {
            out.push('"');
            out.push_str(&value.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&value);
        }
    }
    out.push_str("\r\n");
}

fn text(attribute: &Option<Attribute<String>>) -> String {
    attribute
        .as_ref()
        .map(|attribute| attribute.value.clone())
        .unwrap_or_default()
}

fn shown<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn of_asset(asset: &Asset, interface: &Interface, field: Field) -> String {
    match field {
        Field::Id => asset.id.to_string(),
        Field::Name => asset.name.clone(),
        Field::Zone => shown(asset.zone.as_ref()),
        Field::Role => asset.role.value.name().to_owned(),
        Field::Vendor => text(&asset.vendor),
        Field::Product => text(&asset.product),
        Field::OrderNumber => text(&asset.order_number),
        Field::Firmware => text(&asset.firmware),
        Field::Serial => text(&asset.serial),
        Field::Mac => shown(interface.mac),
        Field::Ip => shown(interface.ip),
        Field::Vlan => shown(interface.vlan),
        Field::Os | Field::Slot => String::new(),
    }
}

fn of_module(asset: &Asset, module: &Module, field: Field) -> String {
    match field {
        Field::Id => asset.id.to_string(),
        Field::Name => asset.name.clone(),
        Field::Slot if harmless(&module.slot).trim().is_empty() => NO_SLOT.to_owned(),
        Field::Slot => module.slot.clone(),
        Field::Product => module.product.clone().unwrap_or_default(),
        Field::OrderNumber => module.order_number.clone().unwrap_or_default(),
        Field::Firmware => module.firmware.clone().unwrap_or_default(),
        Field::Serial => module.serial.clone().unwrap_or_default(),
        Field::Zone | Field::Role | Field::Vendor | Field::Os | Field::Mac | Field::Ip | Field::Vlan => {
            String::new()
        }
    }
}
