//! Diagnostics as compilers show them: file, line, column, the line itself and a caret.

use crate::diagnostic::{Diagnostic, Fix, Label, Severity};
use crate::source::{Source, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use std::ops::Range;

/// Whether escape sequences for colours are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// They are: for a terminal.
    Terminal,
    /// They aren't.
    Plain,
}

/// Lines further apart than this are shown as two snippets, so that only what is near is looked at.
const MAX_SNIPPET_LINES: usize = 12;

/// Diagnostics as text, an empty line between them.
#[must_use]
pub fn report(diagnostics: &[Diagnostic], sources: &[&Source], colour: Colour) -> String {
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| human(diagnostic, sources, colour))
        .collect();
    shown.join("\n")
}

/// One diagnostic as text, with a line end after it. Spans into a source that isn't given are shown without its lines.
#[must_use]
pub fn human(diagnostic: &Diagnostic, sources: &[&Source], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Terminal => Renderer::styled(),
        Colour::Plain => Renderer::plain(),
    };
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let mut main = level
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code.0)
        .elements(snippets(diagnostic, sources));
    if !diagnostic.clauses.is_empty() {
        let clauses: Vec<_> = diagnostic.clauses.iter().map(ToString::to_string).collect();
        main = main.element(Level::NOTE.message(clauses.join(", ")));
    }
    let mut groups = vec![main];
    let patch = patch(diagnostic, sources);
    match (&diagnostic.help, patch) {
        (help, Some(patch)) => {
            let title = help.as_deref().unwrap_or("this edit mends it");
            groups.push(Level::HELP.secondary_title(title).element(patch));
        }
        (Some(help), None) => groups.push(Group::with_title(Level::HELP.secondary_title(help.as_str()))),
        (None, None) => {}
    }
    renderer.render(&groups) + "\n"
}

/// The labels, those that stand near each other in one snippet, the primary's first.
fn snippets<'d>(
    diagnostic: &'d Diagnostic,
    sources: &[&'d Source],
) -> Vec<Snippet<'d, annotate_snippets::Annotation<'d>>> {
    let mut clusters: Vec<Vec<(AnnotationKind, &Label, &Span)>> = Vec::new();
    let primary = std::iter::once((AnnotationKind::Primary, &diagnostic.primary));
    let secondary = diagnostic
        .secondary
        .iter()
        .map(|label| (AnnotationKind::Context, label));
    for (kind, label) in primary.chain(secondary) {
        let Some(span) = &label.span else { continue };
        let near = clusters.iter_mut().find(|cluster| {
            cluster
                .iter()
                .all(|(_, _, other)| other.file == span.file && distance(other, span) <= MAX_SNIPPET_LINES)
        });
        match near {
            Some(cluster) => cluster.push((kind, label, span)),
            None => clusters.push(vec![(kind, label, span)]),
        }
    }
    clusters
        .into_iter()
        .filter_map(|cluster| snippet(&cluster, sources))
        .collect()
}

fn distance(a: &Span, b: &Span) -> usize {
    a.from
        .line
        .abs_diff(b.to.line)
        .max(b.from.line.abs_diff(a.to.line))
}

fn snippet<'d>(
    cluster: &[(AnnotationKind, &'d Label, &'d Span)],
    sources: &[&'d Source],
) -> Option<Snippet<'d, annotate_snippets::Annotation<'d>>> {
    let (_, _, head) = cluster.first()?;
    let source = sources.iter().find(|source| source.name() == &*head.file)?;
    let first = cluster.iter().map(|(_, _, span)| span.from.line).min()?;
    let last = cluster.iter().map(|(_, _, span)| span.to.line).max()?;
    let (lines, start) = lines(source, first, last);
    let annotations = cluster.iter().map(|(kind, label, span)| {
        let annotation = kind.span(shift(span.start..span.end, start, lines));
        match label.text.as_str() {
            "" => annotation,
            text => annotation.label(text),
        }
    });
    Some(
        Snippet::source(lines)
            .line_start(first)
            .path(source.name())
            .annotations(annotations),
    )
}

/// The lines from the first to the last, without the line end after them, and where they start.
fn lines(source: &Source, first: usize, last: usize) -> (&str, usize) {
    let start = source.line_start(first);
    let end = source.line_start(last + 1);
    let text = source.text().get(start..end).unwrap_or_default();
    (text.strip_suffix('\n').unwrap_or(text), start)
}

fn shift(range: Range<usize>, start: usize, text: &str) -> Range<usize> {
    let within = |at: usize| at.saturating_sub(start).min(text.len());
    within(range.start)..within(range.end)
}

fn patch<'d>(diagnostic: &'d Diagnostic, sources: &[&'d Source]) -> Option<Snippet<'d, Patch<'d>>> {
    let Some(Fix::Text(edit)) = &diagnostic.fix else {
        return None;
    };
    let file = &diagnostic.primary.span.as_ref()?.file;
    let source = sources.iter().find(|source| source.name() == &**file)?;
    let span = source.span(edit.range.clone());
    let (lines, start) = lines(source, span.from.line, span.to.line);
    Some(
        Snippet::source(lines)
            .line_start(span.from.line)
            .path(source.name())
            .patch(Patch::new(
                shift(edit.range.clone(), start, lines),
                edit.replacement.as_str(),
            )),
    )
}
