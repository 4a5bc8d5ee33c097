//! Diagnostics as text for people and as data for programs.

mod human;

pub use human::{Colour, human};
