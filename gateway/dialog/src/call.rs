//! Calls: what becomes of a conversation once the core has answered, or has not.

use crate::Book;
use crate::definition::{Dialogue, State, StateKind, Target};
use crate::session::{Draft, Frame, Prompt, Shelf};
use crate::step::Outcome;
use crate::turn::{Turn, place, present};
use crate::value::Value;

impl<'b> Turn<'b> {
    pub(crate) fn called(&mut self, id: &str, outcome: Outcome) {
        let Some((dialogue, state)) = self.waiting_for(id) else { return self.called_late(id) };
        let StateKind::Call { operation, on, .. } = &state.kind else { return };
        // An outcome that this book does not know, from a newer core: what it did is unknown, so that nothing is given up.
        let Some(target) = on.get(&outcome.name).map(|link| link.target.clone()) else { return self.failed(id) };
        let place = place(dialogue, state);
        if let Some(frame) = self.frame() {
            frame.save(&state.name, Value::Record(outcome.values));
        }
        self.settle(operation, &place);
        self.leave(&target);
    }

    pub(crate) fn slow(&mut self, id: &str) {
        let Some((dialogue, state)) = self.waiting_for(id) else { return self.called_late(id) };
        let StateKind::Call { operation, on, .. } = &state.kind else { return };
        self.settle(operation, &place(dialogue, state));
        self.leave(&on.get("slow").map_or(Target::Home, |link| link.target.clone()));
    }

    /// The call may or may not have arrived, so that its id stays, and the draft goes back to the last question.
    pub(crate) fn failed(&mut self, id: &str) {
        let Some((_, state)) = self.waiting_for(id) else {
            self.speaks = false;
            return;
        };
        let StateKind::Call { on, .. } = &state.kind else { return };
        if self.book.has_answers(&self.session.frames) {
            let mut frames = self.session.frames.clone();
            roll_back(self.book, &mut frames);
            if !frames.is_empty() {
                let draft = self.session.draft.clone();
                self.session.shelf = Some(Shelf { draft, frames, at: self.moment.now });
            }
        }
        self.go(&on.get("error").map_or(Target::Home, |link| link.target.clone()));
    }

    /// Counts a call as done; one that writes takes its draft with it. Another that is on the shelf stays there: it is of
    /// an application that this call says nothing of.
    fn settle(&mut self, operation: &str, place: &str) {
        if self.book.catalogue.operation(operation).is_some_and(|operation| operation.writes) {
            let done = std::mem::replace(&mut self.session.draft, Draft::new(self.moment.fresh_draft));
            self.session.shelf.take_if(|shelf| shelf.draft.id == done.id);
        } else {
            *self.session.draft.calls.entry(place.to_owned()).or_default() += 1;
        }
    }

    fn waiting_for(&self, id: &str) -> Option<(&'b Dialogue, &'b State)> {
        let (dialogue, state) = self.present()?;
        let waits = self.session.prompt == Prompt::Waiting && self.session.draft.call_id(&place(dialogue, state)) == id;
        waits.then_some((dialogue, state))
    }

    /// An outcome for a phone that has hung up and dialled again: the draft that it was for is done.
    fn called_late(&mut self, id: &str) {
        self.speaks = false;
        let Some(shelf) = &self.session.shelf else { return };
        let Some((dialogue, state)) = shelf.frames.last().and_then(|frame| present(self.book, frame)) else { return };
        let StateKind::Call { operation, .. } = &state.kind else { return };
        let writes = self.book.catalogue.operation(operation).is_some_and(|operation| operation.writes);
        if writes && shelf.draft.call_id(&place(dialogue, state)) == id {
            self.session.shelf = None;
        }
    }
}

/// Takes drafts back from states that ask nothing to the last question.
fn roll_back(book: &Book, frames: &mut Vec<Frame>) {
    while let Some(frame) = frames.last_mut() {
        while present(book, frame).is_some_and(|(_, state)| !state.asks()) {
            frame.path.pop();
        }
        if !frame.path.is_empty() {
            return;
        }
        frames.pop();
    }
}
