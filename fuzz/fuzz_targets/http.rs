//! HTTP/1.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::protocol("http", input));
