//! Files of other inventories, merged into a model.
#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| cofferdam_fuzz::import(input));
