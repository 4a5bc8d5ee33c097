//! An import merged into a plant model: first as a list of changes, then as edits of its text.
//!
//! A record finds its asset by the key under which the source knows it, then by identifier, MAC address, serial number
//! and IP address. What the model does not know yet is filled in. Where the two say different things, the policy
//! decides; an address that another asset claims is never taken away from it by any policy, for no edit can know whose
//! it is. A second import of the same file changes nothing.

mod find;
mod plan;
mod record;
mod slug;

#[cfg(test)]
mod tests;

pub use plan::{Plan, plan};

use crate::asset::{At, SourceKey};
use cofferdam_plant::{AssetId, EditFault};

/// What to do where a file and the model say different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// Change nothing at all while there is a conflict.
    Stop,
    /// Keep what the model says, and do the rest.
    Skip,
    /// Take what the file says.
    Update,
}

impl OnConflict {
    /// Every policy.
    pub const ALL: [Self; 3] = [Self::Stop, Self::Skip, Self::Update];

    /// The word in commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Skip => "skip",
            Self::Update => "update",
        }
    }
}

/// What becomes of one record of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The record's key in its source.
    pub key: SourceKey,
    /// Where it stands in the file.
    pub at: At,
    /// The asset; nothing, if it could not be told which.
    pub asset: Option<AssetId>,
    /// In one word.
    pub kind: ChangeKind,
    /// What differs, or for a new asset what it gets.
    pub fields: Vec<FieldChange>,
    /// What a person has to decide.
    pub conflicts: Vec<Conflict>,
}

/// A change in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An asset that the model does not have.
    New,
    /// The model says all of it already.
    Same,
    /// The model gets something.
    Changed,
    /// Nothing is changed, and something is in conflict.
    Conflict,
}

impl ChangeKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::New, Self::Same, Self::Changed, Self::Conflict];

    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Conflict => "conflict",
        }
    }
}

/// A field that the file and the model say differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The key in the text form: `firmware`; of a module `modules 3 firmware`.
    pub field: String,
    /// What the model says.
    pub from: Option<String>,
    /// What the file says.
    pub to: String,
    /// Where it says so.
    pub at: At,
    /// What becomes of it.
    pub effect: Effect,
}

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// It had no value and gets one.
    Filled,
    /// Its value is replaced.
    Replaced,
    /// The model's value stays: a conflict.
    Kept,
}

impl Effect {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::Replaced => "replaced",
            Self::Kept => "kept",
        }
    }
}

/// Something that no policy settles, or that a policy left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another asset claims the address; it keeps it.
    #[error("asset `{by}` claims {address}, too")]
    AddressClaimed {
        /// The address, with its VLAN where one is given.
        address: String,
        /// Who claims it.
        by: AssetId,
    },
    /// Several assets could be meant.
    #[error("it could be any of {}", candidates.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// Which.
        candidates: Vec<AssetId>,
    },
    /// The model has no such zone.
    #[error("there is no zone `{0}`")]
    NoZone(String),
    /// The model keeps its value.
    #[error("`{field}` is `{from}` in the model and `{to}` in the file")]
    Differs {
        /// The field.
        field: String,
        /// What the model says.
        from: String,
        /// What the file says.
        to: String,
    },
    /// An earlier record of this file said another thing of the same asset.
    #[error("`{field}` was set by an earlier record of the file, which is taken for the same asset")]
    SaidBefore {
        /// The field.
        field: String,
    },
    /// The model takes no more assets.
    #[error("a plant model has at most {} assets", cofferdam_plant::text::MAX_ENTRIES)]
    Full,
}

impl Conflict {
    /// The mend.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::AddressClaimed { .. } => {
                "take the address from one of them, in the plant model or in the source"
            }
            Self::Ambiguous { .. } => "write the record's key under `sources` of the asset that is meant",
            Self::NoZone(_) => "add the zone, or correct its name in the source",
            Self::Differs { .. } => "import with `update` to take the file's, or mend the source",
            Self::SaidBefore { .. } => "mend the source, or give one of the records another address",
            Self::Full => "split the plant into sites",
        }
    }
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The policy is to stop, and there are conflicts.
    #[error("{0} records are in conflict, and nothing was changed")]
    Stopped(usize),
    /// The changed model can't be written.
    #[error(transparent)]
    Edit(#[from] EditFault),
}
