//! What the checks of ZCR 3.4 to 3.6 share: a zone of a kind that must stand apart lies in a zone of another kind.

use super::{Findings, places, survey::Survey};
use crate::model::ZoneKind;

/// Reports zones of a kind that lie in a zone of another kind.
pub(super) fn nested(survey: &Survey<'_>, findings: &mut Findings<'_>, kind: ZoneKind) {
    for (at, zone) in survey.zones().filter(|(_, zone)| zone.kind == kind) {
        let Some((parent_at, parent)) = survey.parent(at).filter(|(_, parent)| parent.kind != kind) else {
            continue;
        };
        findings.push(
            findings
                .found(format!(
                    "{} zone `{}` lies in `{}`, a zone of kind {}",
                    kind.name(),
                    zone.id,
                    parent.id,
                    parent.kind.name()
                ))
                .at(places::zone_key(at, "parent"))
                .and(
                    places::zone_key(parent_at, "kind"),
                    "what is permitted for this zone is permitted for those within it",
                )
                .help("take out `parent`, and write a conduit for what must pass"),
        );
    }
}
