//! A finding, and the whole report, in one sentence each.

use super::coverage::DutyCoverage;
use super::evidence::Likely;
use super::groups::service;
use super::report::{CutBy, Finding, Totals};
use crate::activity::{Hour, Rhythm};
use crate::words;
use cofferdam_terms::Timestamp;

/// `Enforced, this policy would have cut A → B (tcp/502 modbus, write): 1 connection with 24 requests on …`.
pub(super) fn finding(finding: &Finding, learned: Option<(Timestamp, Timestamp)>) -> String {
    let lead = match finding.cut_by {
        CutBy::PortFilter => "Enforced, this policy would have cut",
        CutBy::ApplicationGateway => {
            "Enforced by an application gateway (a port filter would let it pass), this policy would have cut"
        }
        CutBy::LinkFilter => "Enforced on the switches (no router sees it), this policy would have cut",
    };
    let classes = finding.classes();
    let asked = if classes.is_empty() {
        service(finding)
    } else {
        format!("{}, {classes}", service(finding))
    };
    format!(
        "{lead} {} → {} ({asked}): {} {}{}; {}.",
        finding.initiator.name,
        finding.responder.name,
        amount(finding),
        when(finding),
        against_learning(finding, learned),
        verdict(finding)
    )
}

fn amount(finding: &Finding) -> String {
    let connections = words::counted(finding.amount.connections.max(1), "connection");
    if finding.amount.requests > 0 {
        format!(
            "{connections} with {}",
            words::counted(finding.amount.requests, "request")
        )
    } else {
        format!(
            "{connections} with {}",
            words::counted(finding.amount.traffic.packets, "packet")
        )
    }
}

/// `on 2026-03-28 02:00–02:20 UTC`, or the days from first to last with the rhythm.
fn when(finding: &Finding) -> String {
    let one_day = Hour::of(finding.first).day() == Hour::of(finding.last).day();
    if one_day {
        let start = words::minute(finding.first);
        let end = words::civil(finding.last, "%H:%M");
        return if start.ends_with(&end) {
            format!("on {start} UTC")
        } else {
            format!("on {start}–{end} UTC")
        };
    }
    let from = words::minute(finding.first);
    let to = words::minute(finding.last);
    match finding.rhythm {
        Rhythm::Never | Rhythm::Once => format!("from {from} to {to} UTC"),
        Rhythm::Continuous
        | Rhythm::Daily { .. }
        | Rhythm::Weekly { .. }
        | Rhythm::Monthly { .. }
        | Rhythm::Irregular { .. } => format!("from {from} to {to} UTC ({})", finding.rhythm),
    }
}

fn against_learning(finding: &Finding, learned: Option<(Timestamp, Timestamp)>) -> String {
    let Some((from, to)) = learned else {
        return String::new();
    };
    // Calendar days; an end at midnight does not begin another.
    let last = Timestamp::from_nanos(to.nanos().saturating_sub(1));
    let days = (Hour::of(last).day() - Hour::of(from).day() + 1).max(1);
    let then = |hour: Hour| Hour::of(from) <= hour && hour <= Hour::of(to);
    let length = if days == 1 {
        "the day".to_owned()
    } else {
        format!("the {days} days")
    };
    if finding.activity.hours().any(then) {
        format!(", seen too in {length} that the policy was learned from, and not taken into it")
    } else {
        format!(", never seen in {length} that the policy was learned from")
    }
}

fn verdict(finding: &Finding) -> String {
    let pieces = |wanted: fn(i32) -> bool| {
        let of_kind = finding
            .judgement
            .evidence
            .iter()
            .filter(|piece| wanted(piece.points));
        of_kind
            .map(|piece| piece.text.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (for_it, against) = (pieces(|points| points > 0), pieces(|points| points < 0));
    match (finding.judgement.likely, for_it.as_str(), against.as_str()) {
        (Likely::Needed, _, "") => format!("it is likely needed: {for_it}"),
        (Likely::Needed, ..) => format!("it is likely needed: {for_it}; against that, {against}"),
        (Likely::Unwanted, "", _) => format!("it is likely unwanted: {against}"),
        (Likely::Unwanted, ..) => format!("it is likely unwanted: {against}; though {for_it}"),
        (Likely::Unclear, "", "") => UNCLEAR.to_owned(),
        (Likely::Unclear, _, "") => format!("{UNCLEAR}: {for_it}"),
        (Likely::Unclear, "", _) => format!("{UNCLEAR}: {against}"),
        (Likely::Unclear, ..) => format!("{UNCLEAR}: {for_it}; but {against}"),
    }
}

const UNCLEAR: &str = "the traffic alone does not tell whether it is needed";

/// The whole report in one sentence.
pub(super) fn summary(findings: &[Finding], totals: &Totals, coverage: &DutyCoverage) -> String {
    let judged = totals.permitted.records
        + totals.intra_zone.records
        + totals.segment.records
        + totals.cut_by_port_filter.records
        + totals.cut_by_gateway.records
        + totals.cut_on_link.records;
    let over = format!(
        "in {} over {}",
        words::counted(judged, "flow record"),
        words::counted(coverage.hours, "recorded hour")
    );
    if findings.is_empty() {
        return format!(
            "Enforced, this policy would have cut nothing {over}; what the recording did not cover is not tested."
        );
    }
    let count = |likely: Likely| {
        let some = findings
            .iter()
            .filter(|finding| finding.judgement.likely == likely);
        words::count(u64::try_from(some.count()).unwrap_or(u64::MAX))
    };
    let gateway = findings
        .iter()
        .filter(|finding| finding.cut_by == CutBy::ApplicationGateway)
        .count();
    format!(
        "Enforced, this policy would have cut {} {over}: {} likely needed, {} that the traffic alone can't tell, {} \
         likely unwanted; {gateway} of them only by an application gateway.",
        words::counted(words::len(findings), "service use"),
        count(Likely::Needed),
        count(Likely::Unclear),
        count(Likely::Unwanted)
    )
}
