//! Places of the model by short names.

use crate::plant::{Place, Step, Table};

/// A zone as a whole.
pub(super) fn zone(at: usize) -> Place {
    Place::new(Table::Zone, at, &[])
}

/// A key of a zone.
pub(super) fn zone_key(at: usize, key: &'static str) -> Place {
    Place::new(Table::Zone, at, &[Step::Key(key)])
}

/// An element of a zone's list.
pub(super) fn zone_item(at: usize, key: &'static str, n: usize) -> Place {
    Place::new(Table::Zone, at, &[Step::Key(key), Step::Index(n)])
}

/// An asset as a whole.
pub(super) fn asset(at: usize) -> Place {
    Place::new(Table::Asset, at, &[])
}

/// A key of an asset.
pub(super) fn asset_key(at: usize, key: &'static str) -> Place {
    Place::new(Table::Asset, at, &[Step::Key(key)])
}

/// An element of an asset's list.
pub(super) fn asset_item(at: usize, key: &'static str, n: usize) -> Place {
    Place::new(Table::Asset, at, &[Step::Key(key), Step::Index(n)])
}

/// A part of an asset's interface.
pub(super) fn interface_key(at: usize, interface: usize, key: &'static str) -> Place {
    Place::new(
        Table::Asset,
        at,
        &[Step::Key("interfaces"), Step::Index(interface), Step::Key(key)],
    )
}

/// A conduit as a whole.
pub(super) fn conduit(at: usize) -> Place {
    Place::new(Table::Conduit, at, &[])
}

/// A key of a conduit.
pub(super) fn conduit_key(at: usize, key: &'static str) -> Place {
    Place::new(Table::Conduit, at, &[Step::Key(key)])
}

/// An element of a conduit's list.
pub(super) fn conduit_item(at: usize, key: &'static str, n: usize) -> Place {
    Place::new(Table::Conduit, at, &[Step::Key(key), Step::Index(n)])
}

/// A permit as a whole.
pub(super) fn permit(conduit: usize, permit: usize) -> Place {
    Place::new(
        Table::Conduit,
        conduit,
        &[Step::Key("permit"), Step::Index(permit)],
    )
}

/// A key of a permit.
pub(super) fn permit_key(conduit: usize, permit: usize, key: &'static str) -> Place {
    Place::new(
        Table::Conduit,
        conduit,
        &[Step::Key("permit"), Step::Index(permit), Step::Key(key)],
    )
}

/// An element of a permit's list.
pub(super) fn permit_item(conduit: usize, permit: usize, key: &'static str, n: usize) -> Place {
    Place::new(
        Table::Conduit,
        conduit,
        &[
            Step::Key("permit"),
            Step::Index(permit),
            Step::Key(key),
            Step::Index(n),
        ],
    )
}

/// An enforcement point as a whole.
pub(super) fn enforcement_point(at: usize) -> Place {
    Place::new(Table::EnforcementPoint, at, &[])
}
