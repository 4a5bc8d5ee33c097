//! Capture files, packed or not.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::capture(input));
