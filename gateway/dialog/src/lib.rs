//! The dialogue engine: definitions and texts come in, a checked [`Book`] comes out, and [`step`] takes one turn of a
//! conversation at a time.
//!
//! Nothing here opens a file or a socket, reads a clock or rolls a die; a session is a value, and the same session with
//! the same input at the same moment gives the same step. What a person does wrong is not an error but an input, which
//! leads to a polite screen. The author's guide is `dialogs/README.md`.
//!
//! ```
//! use dayaq_dialog::{compile, step, Effect, Form, Input, Language, Moment, Session, Source, Sources, Surface};
//!
//! let dialog = r#"
//!     [dialog]
//!     id = "hello"
//!     codes = ["*100#"]
//!     start = "end"
//!     [state.end]
//!     kind = "end"
//! "#;
//! let words = ["again", "back", "choose", "continue", "ended", "help", "home", "incomplete", "news", "next", "no", "none",
//!     "restarted", "resume", "retry", "unreadable", "unseen", "usage", "yes"];
//! let shell: String = words.iter().map(|word| format!("shell-{word} = {word}\n")).collect();
//! let text = format!("{shell}shell-confirm = {{ $value }}\nhello-end = Salam\n");
//! let locales = Language::ALL.map(|language| (language, Source { path: "shell.ftl".into(), text: text.clone() }));
//! let sources = Sources {
//!     dialogs: vec![Source { path: "hello.toml".into(), text: dialog.into() }],
//!     locales: locales.to_vec(),
//!     ..Sources::default()
//! };
//! let (book, diagnostics) = compile(&sources);
//! assert_eq!(diagnostics.to_string(), "");
//! let book = book.unwrap();
//!
//! // The loop of a caller: load the session, take the step, store the session, do the effects.
//! let now = jiff::Timestamp::UNIX_EPOCH;
//! let session = Session::new("draft-1", Some(Language::Az), &book, now);
//! let surface = Surface::ussd(Form::Proper);
//! let moment =
//!     Moment { surface: &surface, now, fresh_draft: "draft-2", draft_kept: dayaq_dialog::DRAFT_KEPT, news: &[] };
//! let done = step(&book, session, Input::Open { dialled: "*100#" }, &moment);
//! assert_eq!(done.effects, [Effect::Reply { text: "Salam".into(), ends: true }, Effect::Ended]);
//! ```

mod answer;
mod book;
mod call;
mod compile;
mod condition;
mod definition;
mod draft;
mod fit;
mod flow;
mod found;
mod guard;
mod input;
mod keyword;
mod language;
mod letters;
mod lexicon;
mod newcomer;
mod news;
mod pages;
mod render;
mod scope;
mod session;
mod shared;
mod sources;
mod step;
mod surface;
#[cfg(test)]
mod tests;
mod texts;
mod transcript;
mod turn;
mod value;
mod whereabouts;
mod wording;
mod words;

pub use book::Book;
pub use compile::compile;
pub use fit::{Proof, Room};
pub use input::INPUT_CHARS_MAX;
pub use language::{Channel, Form, Language};
pub use news::News;
pub use session::Session;
pub use sources::{Catalogue, Item, List, NoticeSpec, Operation, OutcomeSpec, Source, Sources};
pub use step::{DRAFT_KEPT, Effect, Input, Moment, Outcome, Step, step};
pub use surface::{SMS_PARTS, Surface};
pub use transcript::run_transcripts;
pub use value::{Arg, Kind, Phrase, Record, Value};
pub use whereabouts::Whereabouts;
pub use words::{NoticeError, Saying, neutral_end, render_flash, render_line, render_notice, say};
