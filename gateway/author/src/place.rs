use std::sync::Arc;

use crate::{Diagnostic, Severity};

/// Holds a line and a column, both counted from 1; columns count characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

impl Position {
    /// Stands for a whole file; it is printed without a line.
    pub const FILE: Position = Position { line: 0, column: 0 };
}

/// Turns byte offsets of one text into positions without walking the text again for each.
#[derive(Clone, Debug)]
pub struct LineIndex<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> LineIndex<'t> {
    pub fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        LineIndex { text, starts }
    }

    /// Gives the position of a byte offset; an offset past the end counts as the end.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        Position { line, column: self.text[start..offset].chars().count() + 1 }
    }
}

/// Reads octets as the UTF-8 that every file of an author is in; the fault names the place where they are something else.
pub fn utf8(path: &str, octets: Vec<u8>) -> Result<String, Diagnostic> {
    String::from_utf8(octets).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let octet = error.as_bytes()[good];
        let before = String::from_utf8_lossy(&error.as_bytes()[..good]);
        let position = LineIndex::new(&before).position(good);
        Place { path: path.into(), position, key: String::new() }
            .error(format!("the octet 0x{octet:02X} is not UTF-8; save the file as UTF-8"))
    })
}

/// Remembers where a value stood, so that a later check can point at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub path: Arc<str>,
    pub position: Position,
    /// The full key, such as `state.fin.next`; empty for a place that has none.
    pub key: String,
}

impl Place {
    /// Points at a whole file.
    pub fn file(path: &str) -> Self {
        Place { path: path.into(), position: Position::FILE, key: String::new() }
    }

    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Error, message)
    }

    pub fn warning(&self, message: impl Into<String>) -> Diagnostic {
        self.diagnostic(Severity::Warning, message)
    }

    fn diagnostic(&self, severity: Severity, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            path: self.path.to_string(),
            line: self.position.line,
            column: self.position.column,
            severity,
            key: self.key.clone(),
            message: message.into(),
        }
    }
}
