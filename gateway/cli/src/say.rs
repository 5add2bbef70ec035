//! What the program says: where nobody can be told, it ends with a reason or goes on, and never with a panic.

use anyhow::Context;
use std::fmt::Display;
use std::io::{Write, stderr, stdout};

/// Writes to standard output, as it is.
///
/// # Errors
///
/// It cannot be written: the disk is full, or its reader has gone away.
pub fn text(text: impl Display) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    write!(out, "{text}").and_then(|()| out.flush()).context("standard output")
}

/// Writes a line to standard output.
///
/// # Errors
///
/// As [`text`].
pub fn line(line: impl Display) -> anyhow::Result<()> {
    text(format_args!("{line}\n"))
}

/// Writes to standard error, as it is. Where that cannot be written nobody is left to be told.
pub fn aside(text: impl Display) {
    let mut err = stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}

/// Writes a line to standard error.
pub fn aside_line(line: impl Display) {
    aside(format_args!("{line}\n"));
}
