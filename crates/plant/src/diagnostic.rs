//! Diagnostics as data: what is wrong, where, why, and the mend. [`render`](crate::render) turns them into text.

use crate::plant::Place;
use crate::source::Span;
use std::fmt;
use std::ops::Range;

/// Something that a person should know about a text or model.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Which kind it is: `safety-not-separated`.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in lower case, the reader's words in backticks.
    pub message: String,
    /// Where it is.
    pub primary: Label,
    /// What else has to do with it.
    pub secondary: Vec<Label>,
    /// The mend.
    pub help: Option<String>,
    /// The clauses that it comes from.
    pub clauses: &'static [Clause],
    /// An edit that mends it and needs no thought.
    pub fix: Option<Fix>,
}

/// The name of a kind of diagnostic, named for what is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub &'static str);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A requirement is broken, or the text says nothing definite.
    Error,
    /// It stands, but weakly.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word in text and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place, with what to say of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Label {
    /// Where in the model.
    pub place: Option<Place>,
    /// Where in the text. [`Document::locate`](crate::Document::locate) finds it from the place.
    pub span: Option<Span>,
    /// What to say; may be empty.
    pub text: String,
}

/// A clause of a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clause {
    /// The standard.
    pub standard: Standard,
    /// The clause's identifier in it: `ZCR 3.3`, `SR 5.2`.
    pub id: &'static str,
}

impl Clause {
    /// A requirement of IEC 62443-3-2:2020.
    #[must_use]
    pub const fn zcr(id: &'static str) -> Self {
        Self {
            standard: Standard::Iec62443Part3_2,
            id,
        }
    }

    /// A requirement of IEC 62443-3-3:2013.
    #[must_use]
    pub const fn sr(id: &'static str) -> Self {
        Self {
            standard: Standard::Iec62443Part3_3,
            id,
        }
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.standard.name(), self.id)
    }
}

/// A standard that checks come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standard {
    /// IEC 62443-3-2:2020, security risk assessment for system design.
    Iec62443Part3_2,
    /// IEC 62443-3-3:2013, system security requirements and security levels.
    Iec62443Part3_3,
}

impl Standard {
    /// How people cite it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iec62443Part3_2 => "IEC 62443-3-2",
            Self::Iec62443Part3_3 => "IEC 62443-3-3",
        }
    }
}

/// An edit that mends a diagnostic without a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Takes an entry out of a list.
    RemoveItem(Place),
    /// Changes the text.
    Text(TextEdit),
}

/// A replacement of a stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextEdit {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes instead.
    pub replacement: String,
}

impl Diagnostic {
    /// A diagnostic that has its first place yet to come.
    #[must_use]
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: Label::default(),
            secondary: Vec::new(),
            help: None,
            clauses: &[],
            fix: None,
        }
    }

    /// With its place in the model.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.primary.place = Some(place);
        self
    }

    /// With its place in the text.
    #[must_use]
    pub fn at_span(mut self, span: Span) -> Self {
        self.primary.span = Some(span);
        self
    }

    /// With words at its place.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// With another place that has to do with it.
    #[must_use]
    pub fn and(mut self, place: Place, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            place: Some(place),
            span: None,
            text: text.into(),
        });
        self
    }

    /// With another place in the text.
    #[must_use]
    pub fn and_span(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label {
            place: None,
            span: Some(span),
            text: text.into(),
        });
        self
    }

    /// With the mend.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With an edit that mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}
