//! The site, its map, what the checks say and what is compiled.

use super::{Shared, work};
use crate::cache::App;
use crate::error::{Problem, RequestError};
use crate::inventory::when;
use crate::map::map_view;
use crate::shadow_view::{FindingView, FindingsView, RulesView};
use crate::views::{CaptureView, CountView, MapView, ModelState, SiteView};
use axum::Json;
use cofferdam_observe::Coverage;
use cofferdam_plant::render::{Colour, human};
use cofferdam_plant::{Diagnostic, Severity, Source, Stage};
use cofferdam_site::{SiteError, Target};
use cofferdam_terms::Timestamp;
use std::time::SystemTime;

/// The site and what it holds.
#[utoipa::path(get, path = "/api/v1/site", responses((status = 200, body = SiteView)))]
pub(crate) async fn site(app: Shared) -> Result<Json<SiteView>, RequestError> {
    work(app.0, |app| site_view(app).map(Json)).await
}

fn site_view(app: &App) -> Result<SiteView, RequestError> {
    let settings = app.site.settings();
    let document = app.site.plant(None);
    let (model, plant) = match &document {
        Ok(document) => (ModelState::Read, Some(document.plant())),
        Err(SiteError::NoPlant) => (ModelState::Absent, None),
        Err(_) => (ModelState::Faulty, None),
    };
    let telemetry = app.site.telemetry()?;
    let mut captures = Vec::new();
    for captured in telemetry.captures() {
        if let Ok(observation) = telemetry.observation(&captured.id) {
            captures.push(capture_view(&captured.name, &observation.coverage));
        }
    }
    Ok(SiteView {
        id: settings.id.to_string(),
        name: settings.name.clone(),
        stage: match plant.map(|plant| plant.site().stage) {
            Some(Stage::Baselined) => "baselined",
            Some(Stage::Draft) | None => "draft",
        }
        .to_owned(),
        model,
        zones: plant.map_or(0, |plant| plant.zones().len()),
        conduits: plant.map_or(0, |plant| plant.conduits().len()),
        assets: plant.map_or(0, |plant| plant.assets().len()),
        observed_assets: app.site.inventory()?.assets.len(),
        captures,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

fn capture_view(name: &str, coverage: &Coverage) -> CaptureView {
    let count = |name: String, count: u64, packet: Option<u64>| CountView { name, count, packet };
    CaptureView {
        name: name.to_owned(),
        first: coverage.span.map(|(first, _)| when(first)),
        last: coverage.span.map(|(_, last)| when(last)),
        packets: coverage.packets,
        decoded: coverage.decoded,
        bytes: coverage.bytes,
        not_understood: coverage
            .not_understood
            .iter()
            .map(|(reason, number, packet)| count((*reason).to_owned(), *number, Some(*packet)))
            .collect(),
        one_way_flows: coverage.one_way_flows,
        missed_bytes: coverage.missed_bytes,
        hours_seen: coverage.hours_seen,
        evicted: coverage
            .evicted
            .iter()
            .map(|(ceiling, number)| count((*ceiling).to_owned(), *number, None))
            .collect(),
        messages: coverage
            .messages
            .iter()
            .map(|(protocol, number)| count(protocol.to_string(), *number, None))
            .collect(),
        advice: coverage.advice.clone(),
    }
}

/// Zones, conduits and what they permit.
#[utoipa::path(get, path = "/api/v1/map", responses(
    (status = 200, body = MapView),
    (status = 409, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn map(app: Shared) -> Result<Json<MapView>, RequestError> {
    work(app.0, |app| Ok(Json(map_view(app.site.plant(None)?.plant())))).await
}

/// What is wrong with the plant model, if anything: faults of its text, or what the checks find.
#[utoipa::path(get, path = "/api/v1/findings", responses(
    (status = 200, body = FindingsView),
    (status = 409, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn findings(app: Shared) -> Result<Json<FindingsView>, RequestError> {
    work(app.0, |app| {
        let (diagnostics, source) = match app.site.check(None, now()) {
            Ok(report) => (
                report.checked.diagnostics.clone(),
                report.document.source().clone(),
            ),
            Err(SiteError::Plant(rejection)) => (rejection.diagnostics.clone(), rejection.text.clone()),
            Err(error) => return Err(error.into()),
        };
        Ok(Json(findings_view(&diagnostics, &source)))
    })
    .await
}

fn findings_view(diagnostics: &[Diagnostic], source: &Source) -> FindingsView {
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter_map(|severity| {
            let count = diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == severity)
                .count();
            (count > 0).then(|| CountView {
                name: severity.name().to_owned(),
                count: u64::try_from(count).unwrap_or(u64::MAX),
                packet: None,
            })
        });
    FindingsView {
        findings: diagnostics
            .iter()
            .map(|found| finding_view(found, source))
            .collect(),
        counts: counts.collect(),
    }
}

fn finding_view(found: &Diagnostic, source: &Source) -> FindingView {
    let start = found.primary.span.as_ref().map(|span| span.from);
    let clauses: Vec<_> = found.clauses.iter().map(ToString::to_string).collect();
    FindingView {
        code: found.code.to_string(),
        severity: found.severity.name().to_owned(),
        message: found.message.clone(),
        clause: (!clauses.is_empty()).then(|| clauses.join(", ")),
        file: source.name().to_owned(),
        line: start.map_or(1, |at| at.line),
        column: start.map_or(1, |at| at.column),
        rendered: human(found, &[source], Colour::Plain),
        help: found.help.iter().cloned().collect(),
    }
}

/// The rules of every enforcement point, compiled from the model as it stands.
#[utoipa::path(get, path = "/api/v1/rules", responses(
    (status = 200, body = Vec<RulesView>),
    (status = 409, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn rules(app: Shared) -> Result<Json<Vec<RulesView>>, RequestError> {
    work(app.0, |app| {
        let points = app.site.rules(None, &Target::Points)?;
        let views = points.into_iter().map(|point| RulesView {
            point: point.scope.name().to_owned(),
            backend: point.device.title.to_owned(),
            text: point.compiled.text,
            roll_back: point.compiled.roll_back,
            residuals: point.compiled.residuals.iter().map(ToString::to_string).collect(),
        });
        Ok(Json(views.collect()))
    })
    .await
}

/// The time at this edge; the core is handed it.
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
