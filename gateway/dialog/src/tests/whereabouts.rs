//! What counts as getting anywhere.

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::{Language, Whereabouts};

fn at(inputs: &[&str]) -> Whereabouts {
    let book = book(&sources());
    Phone::speaking(&book, Language::Az).dial("*100#").send_all(inputs).session.whereabouts()
}

#[test]
fn an_answer_leads_on_and_a_slip_or_a_way_back_does_not() {
    let (menu, fin, slip) = (at(&[]), at(&["1"]), at(&["1", "x"]));
    assert_eq!((menu.answers, fin.answers), (None, None));
    assert!(menu.place != fin.place && fin == slip && fin == at(&["1", "x", "x", "x"]));
    let (answered, other) = (at(&["1", "12E4567"]), at(&["1", "45K8901"]));
    assert!(answered.answers.is_some() && answered.answers != other.answers && answered.place == other.place);
    assert_eq!(at(&["1", "12E4567", "0"]).place, fin.place, "back at the question");
    assert_ne!(at(&["1", "12EO567"]).place, fin.place, "a confirmation is asked for");
}
