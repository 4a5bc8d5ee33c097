//! A site is a folder: this crate knows where its files lie and runs the loop's steps on them, for both shells.
//!
//! The CLI and the server call the same functions here, so that a command and a route can't differ. It does I/O and
//! holds no rule: every decision is made in the pure crates. It must not know of arguments, terminals, HTTP or users.
#![forbid(unsafe_code)]
