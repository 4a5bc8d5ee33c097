//! The engine: a queue of wake-ups, the conversations that they wake, and the frames that come out in order of time.
//!
//! State is what the plant's size asks for and no more, however long the capture: one record for each conversation that
//! is open or will be opened again, and the payload of messages under way.

mod path;
mod queue;
mod talk;
mod tcp;

pub(crate) use path::{Path, Side};
pub(crate) use queue::{Queue, Wake};
pub(crate) use talk::{Carrier, Duty, Env, Life, Talk};
pub(crate) use tcp::Tcp;
