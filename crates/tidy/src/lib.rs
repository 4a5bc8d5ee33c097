//! House rules about the tree itself, held by the tests of this crate: which crate may use which, what each crate's
//! root must say, what no file may contain. There is no code here; nothing depends on it.
#![forbid(unsafe_code)]
