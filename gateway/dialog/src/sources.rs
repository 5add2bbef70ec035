use dayaq_author::Place;

use crate::{Arg, Language};

/// Holds everything that a book is made of; nothing is read from anywhere else.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub dialogs: Vec<Source>,
    pub locales: Vec<(Language, Source)>,
    pub catalogue: Catalogue,
    pub lists: Vec<List>,
    pub notices: Vec<NoticeSpec>,
    /// Lines for people at a terminal, each a message of its name; no phone is sent one.
    pub lines: Vec<NoticeSpec>,
}

/// Holds one author's file; the path is only printed.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: String,
    pub text: String,
}

/// Says which operations of the core a dialogue may call.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub operations: Vec<Operation>,
}

/// Describes an operation: what it takes and every way it may turn out.
#[derive(Clone, Debug)]
pub struct Operation {
    pub name: String,
    /// Whether it changes anything. A dial string never reaches an operation that does, and its outcome ends the draft.
    pub writes: bool,
    pub args: Vec<Arg>,
    pub outcomes: Vec<OutcomeSpec>,
}

/// Describes one way an operation may turn out, and what it tells.
#[derive(Clone, Debug)]
pub struct OutcomeSpec {
    pub name: String,
    pub args: Vec<Arg>,
}

/// Describes a text that the service sends by itself.
#[derive(Clone, Debug)]
pub struct NoticeSpec {
    pub key: String,
    pub args: Vec<Arg>,
}

/// Holds a known list, such as regions or bank branches, in the order it is shown.
#[derive(Clone, Debug)]
pub struct List {
    pub name: String,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub id: String,
    /// The id of the item of another list that this one belongs to.
    pub parent: Option<String>,
    /// In the order of [`Language::ALL`].
    pub label: [String; 3],
    /// Where the labels stand, in the same order.
    pub places: [Place; 3],
}

impl Catalogue {
    pub(crate) fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }
}

impl List {
    pub(crate) fn item(&self, id: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.id == id)
    }
}
