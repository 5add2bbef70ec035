//! Whole-system tests live in `tests/whole`; see `tests/run`. Here is what the fuzzer and the tests share.

pub mod fuzz;
