//! DNP3 behind its CRCs, which are put right.
#![no_main]
libfuzzer_sys::fuzz_target!(|script: &[u8]| cofferdam_fuzz::protocol(
    "dnp3",
    &cofferdam_fuzz::mend::script(script)
));
