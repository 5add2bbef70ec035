#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| dayaq_tests::fuzz::text(octets));
