//! Diagnostics as JSON, for programs. The shape is part of the commands' interface: add to it, change nothing.

use crate::diagnostic::{Diagnostic, Fix, Label};
use crate::source::{LineColumn, Span};
use serde::Serialize;

/// A diagnostic as programs get it.
#[derive(Clone, Debug, Serialize)]
pub struct DiagnosticView {
    /// Which kind it is.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub primary: LabelView,
    /// What else has to do with it.
    pub secondary: Vec<LabelView>,
    /// The mend.
    pub help: Option<String>,
    /// The clauses that it comes from: `IEC 62443-3-2 ZCR 3.3`.
    pub clauses: Vec<String>,
    /// A replacement of text that mends it.
    pub fix: Option<FixView>,
}

/// A place as programs get it.
#[derive(Clone, Debug, Serialize)]
pub struct LabelView {
    /// Where in the model: `conduit[3].permit[0].to[1]`.
    pub place: Option<String>,
    /// Where in the text.
    pub span: Option<SpanView>,
    /// What to say of it.
    pub text: String,
}

/// A span as programs get it: bytes from 0, lines and columns from 1.
#[derive(Clone, Debug, Serialize)]
pub struct SpanView {
    /// The file.
    pub file: String,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// The line and column of the first byte.
    pub from: PointView,
    /// The line and column after the last byte.
    pub to: PointView,
}

/// A line and column, from 1, in Unicode characters.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PointView {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A replacement of bytes.
#[derive(Clone, Debug, Serialize)]
pub struct FixView {
    /// The first byte that goes.
    pub start: usize,
    /// The byte after the last that goes.
    pub end: usize,
    /// What comes instead.
    pub replacement: String,
}

impl From<&Diagnostic> for DiagnosticView {
    fn from(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.0,
            severity: diagnostic.severity.name(),
            message: diagnostic.message.clone(),
            primary: LabelView::from(&diagnostic.primary),
            secondary: diagnostic.secondary.iter().map(LabelView::from).collect(),
            help: diagnostic.help.clone(),
            clauses: diagnostic.clauses.iter().map(ToString::to_string).collect(),
            fix: match &diagnostic.fix {
                Some(Fix::Text(edit)) => Some(FixView {
                    start: edit.range.start,
                    end: edit.range.end,
                    replacement: edit.replacement.clone(),
                }),
                // Without a text there are no bytes to replace.
                Some(Fix::RemoveItem(_)) | None => None,
            },
        }
    }
}

impl From<&Label> for LabelView {
    fn from(label: &Label) -> Self {
        Self {
            place: label.place.as_ref().map(ToString::to_string),
            span: label.span.as_ref().map(SpanView::from),
            text: label.text.clone(),
        }
    }
}

impl From<&Span> for SpanView {
    fn from(span: &Span) -> Self {
        let point = |at: LineColumn| PointView {
            line: at.line,
            column: at.column,
        };
        Self {
            file: span.file.to_string(),
            start: span.start,
            end: span.end,
            from: point(span.from),
            to: point(span.to),
        }
    }
}
