//! Diagnostics as text for people and as data for programs.

mod human;
mod json;
mod sarif;

pub use human::{Colour, human, report};
pub use json::{DiagnosticView, FixView, LabelView, PointView, SpanView};
pub use sarif::sarif;

#[cfg(test)]
mod tests;
