//! The keys of each section, in the order in which they are written.

use crate::plant::Table;

/// The keys of an entry of a table.
pub(super) const fn of(table: Table) -> &'static [&'static str] {
    match table {
        Table::Site => SITE,
        Table::Zone => ZONE,
        Table::Asset => ASSET,
        Table::Conduit => CONDUIT,
        Table::EnforcementPoint => ENFORCEMENT_POINT,
    }
}

pub(super) const ROOT: &[&str] = &["format", "site", "enforcement-point", "zone", "asset", "conduit"];
pub(super) const SITE: &[&str] = &["id", "name", "stage"];
pub(super) const ENFORCEMENT_POINT: &[&str] = &["id", "name", "backend"];
pub(super) const ZONE: &[&str] = &[
    "id", "name", "kind", "parent", "sl-t", "owner", "subnets", "reason",
];
pub(super) const ASSET: &[&str] = &[
    "id",
    "name",
    "zone",
    "role",
    "vendor",
    "product",
    "order-number",
    "firmware",
    "serial",
    "interfaces",
    "modules",
    "sources",
];
pub(super) const MODULE: &[&str] = &["slot", "product", "order-number", "firmware", "serial"];
pub(super) const INTERFACE: &[&str] = &["mac", "ip", "vlan"];
pub(super) const CONDUIT: &[&str] = &[
    "id",
    "name",
    "zones",
    "protection",
    "enforcement-points",
    "sl-t",
    "owner",
    "reason",
    "permit",
];
pub(super) const PERMIT: &[&str] = &["id", "from", "to", "services", "operations", "open", "reason"];
pub(super) const OBSERVED: &[&str] = &["capture", "packet", "field", "at", "confidence"];
pub(super) const IMPORTED: &[&str] = &["file", "row"];
pub(super) const ATTRIBUTE: &[&str] = &[
    "value",
    "capture",
    "packet",
    "field",
    "at",
    "confidence",
    "file",
    "row",
];
