//! Whole-system tests live in `tests/whole`; see `tests/run`.
