//! The shadow test: recorded traffic against the policy as it stands.

use super::{Shared, work};
use crate::error::{Problem, RequestError};
use crate::inventory::when;
use crate::shadow_view::{CutView, HourView, ShadowView};
use axum::Json;
use cofferdam_policy::{Finding, ShadowReport, Who};
use cofferdam_telemetry::TimeRange;
use std::sync::Arc;

/// What an enforced policy would have cut from all that is recorded.
#[utoipa::path(get, path = "/api/v1/shadow", responses(
    (status = 200, body = ShadowView),
    (status = 409, body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn shadow(app: Shared) -> Result<Json<Arc<ShadowView>>, RequestError> {
    work(app.0, |app| {
        app.shadow(|site| Ok(shadow_view(&site.shadow(None, TimeRange::ALL)?.report)))
            .map(Json)
    })
    .await
}

fn shadow_view(report: &ShadowReport) -> ShadowView {
    let totals = &report.totals;
    let cut = [
        totals.cut_by_port_filter,
        totals.cut_by_gateway,
        totals.cut_on_link,
    ];
    let cut = cut.iter().map(|amount| amount.records).sum();
    // What a gateway would cut was let through by a port filter: it is counted once, as cut.
    let kept = [totals.permitted, totals.intra_zone, totals.segment]
        .iter()
        .map(|amount| amount.records)
        .sum::<u64>();
    ShadowView {
        sentence: report.sentence.clone(),
        from: report.span.map(|(from, _)| when(from)),
        to: report.span.map(|(_, to)| when(to)),
        judged: kept + cut,
        permitted: totals.permitted.records,
        intra_zone: totals.intra_zone.records,
        segment: totals.segment.records,
        cut,
        findings: report.findings.iter().map(cut_view).collect(),
        coverage: report.coverage.sentences.clone(),
    }
}

fn cut_view(found: &Finding) -> CutView {
    let zone = |who: &Who| who.zone.as_ref().map(|(zone, _)| zone.to_string());
    CutView {
        id: format!(
            "{}~{}~{}~{}~{}",
            found.key.initiator,
            found.key.responder,
            found.key.transport,
            found.key.responder_port,
            found.cut_by.name()
        ),
        sentence: found.sentence.clone(),
        initiator: found.initiator.name.clone(),
        responder: found.responder.name.clone(),
        from_zone: zone(&found.initiator),
        to_zone: zone(&found.responder),
        service: service(found),
        operations: found
            .classes()
            .iter()
            .map(|class| class.name().to_owned())
            .collect(),
        stage: found.cut_by.name().to_owned(),
        judgement: found.judgement.likely.name().to_owned(),
        evidence: found
            .judgement
            .evidence
            .iter()
            .map(|evidence| evidence.text.clone())
            .collect(),
        rhythm: found.rhythm.to_string(),
        connections: found.amount.connections,
        requests: found.amount.requests,
        first: when(found.first),
        last: when(found.last),
        hours: found
            .activity
            .hours()
            .map(|hour| HourView {
                start: when(hour.start()),
                count: 1,
            })
            .collect(),
        reason: found.because.clone(),
        edits: found.edits.iter().map(ToString::to_string).collect(),
    }
}

fn service(found: &Finding) -> String {
    let mut text = found.key.transport.to_string();
    if found.key.responder_port != 0 {
        text = format!("{text}/{}", found.key.responder_port);
    }
    for protocol in &found.protocols {
        text.push(' ');
        text.push_str(protocol);
    }
    text
}
