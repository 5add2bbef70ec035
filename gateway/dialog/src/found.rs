//! An item of a list: by its number, or by the first letters of its name.

use crate::answer::{chosen, keep, wrong};
use crate::definition::{Letters, State, StateKind};
use crate::input::word;
use crate::session::{Complaint, Prompt};
use crate::sources::{Item, List};
use crate::turn::Turn;
use crate::value::Value;

/// Finds the items that these letters may mean, in the order of their list.
///
/// A name counts in every language and in its plain form. Where no item begins with the letters, they may be the name of
/// something that items belong to, or more may have been written than the name.
pub(crate) fn items<'b>(list: &'b List, above: &List, typed: &str) -> Vec<&'b Item> {
    let whole = folded(typed);
    let first = typed.split_whitespace().next().map(folded).unwrap_or_default();
    for letters in [whole, first].into_iter().filter(|letters| !letters.is_empty()) {
        let begins = |item: &Item| item.label.iter().any(|label| folded(label).starts_with(&letters));
        let found: Vec<&Item> = list.items.iter().filter(|item| begins(item)).collect();
        if !found.is_empty() {
            return found;
        }
        let owners: Vec<&str> = above.items.iter().filter(|item| begins(item)).map(|item| item.id.as_str()).collect();
        let belongs = |item: &&Item| item.parent.as_deref().is_some_and(|parent| owners.contains(&parent));
        let found: Vec<&Item> = list.items.iter().filter(belongs).collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Lists letters for every set of items that any letters find, but for what a longer beginning leaves of a set.
pub(crate) fn beginnings(list: &List, above: &List) -> Vec<String> {
    let names = |list: &List| -> Vec<String> {
        list.items.iter().flat_map(|item| &item.label).map(|label| folded(label)).collect()
    };
    let mut all: Vec<String> = names(list).iter().filter_map(|name| name.chars().next()).map(String::from).collect();
    // The name of an owner counts from where no item begins like it.
    for name in names(above) {
        let ends = name.char_indices().map(|(at, c)| at + c.len_utf8());
        let parts = ends.map(|end| &name[..end]);
        let own = |part: &&str| names(list).iter().any(|name| name.starts_with(*part));
        all.extend(parts.into_iter().find(|part| !own(part)).map(ToOwned::to_owned));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Takes the first letters of a name: what they alone find is chosen, and of several one is asked for.
pub(crate) fn search(turn: &mut Turn<'_>, state: &State, letters: &Letters, cleaned: &str) {
    if chosen(turn, cleaned).as_ref() == Some(&letters.key) {
        return turn.leave(&letters.next.target);
    }
    let found: Vec<String> = turn.renderer().found(state, cleaned).iter().map(|item| item.id.clone()).collect();
    match found.as_slice() {
        [] => wrong(turn, state, Complaint::NoSuchOption),
        [id] => take(turn, state, id.clone()),
        [_, ..] => {
            turn.ask();
            turn.session.prompt = Prompt::Found(cleaned.to_owned());
        }
    }
}

/// Takes an item by its number or its name; letters search once more where that is how items are found.
pub(crate) fn choose(turn: &mut Turn<'_>, state: &State, cleaned: &str) {
    let StateKind::List { letters, .. } = &state.kind else { return turn.ask() };
    let at = chosen(turn, cleaned).and_then(|key| key.parse::<usize>().ok());
    let item = at.and_then(|at| turn.renderer().items(state).get(at.checked_sub(1)?).map(|item| item.id.clone()));
    match (item, letters) {
        (Some(id), _) => take(turn, state, id),
        (None, Some(letters)) if !turn.renderer().found(state, cleaned).is_empty() => {
            turn.ask();
            search(turn, state, letters, cleaned);
        }
        (None, _) => wrong(turn, state, Complaint::NoSuchOption),
    }
}

/// Keeps an item, and what it belongs to where the list was not reached by that.
fn take(turn: &mut Turn<'_>, state: &State, id: String) {
    let StateKind::List { list, letters, save, next, .. } = &state.kind else { return turn.ask() };
    if let Some(letters) = letters {
        let item = turn.book.lists.get(list).and_then(|list| list.item(&id));
        let owner = item.and_then(|item| item.parent.clone());
        if let (Some(owner), Some(frame)) = (owner, turn.frame()) {
            frame.save(&letters.save, Value::Item { list: letters.above.clone(), id: owner });
        }
    }
    turn.session.prompt = Prompt::State;
    keep(turn, state, save, Value::Item { list: list.clone(), id }, |turn| turn.leave(&next.target));
}

/// Brings the spellings of a name together: letters and digits alone, as they sound.
fn folded(text: &str) -> String {
    word(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayaq_author::Place;

    fn list(name: &str, items: &[(&str, &str, [&str; 3])]) -> List {
        let item = |(id, parent, label): &(&str, &str, [&str; 3])| Item {
            id: (*id).to_owned(),
            parent: Some((*parent).to_owned()).filter(|parent| !parent.is_empty()),
            label: label.map(ToOwned::to_owned),
            places: [1, 2, 3].map(|_| Place::file("config/places.toml")),
        };
        List { name: name.to_owned(), items: items.iter().map(item).collect() }
    }

    fn places() -> (List, List) {
        let regions = list(
            "regions",
            &[
                ("baki", "", ["Bakı", "Баку", "Baku"]),
                ("north", "", ["Quba-Xaçmaz", "Губа-Хачмаз", "Guba-Khachmaz"]),
                ("east", "", ["Şərqi Zəngəzur", "Восточный Зангезур", "Eastern Zangazur"]),
            ],
        );
        let districts = list(
            "districts",
            &[
                ("nizami", "baki", ["Nizami", "Низаминский", "Nizami"]),
                ("xetai", "baki", ["Xətai", "Хатаинский", "Khatai"]),
                ("quba", "north", ["Quba", "Губа", "Guba"]),
                ("xacmaz", "north", ["Xaçmaz", "Хачмаз", "Khachmaz"]),
                ("qubadli", "east", ["Qubadlı", "Губадлы", "Gubadly"]),
                ("sabran", "north", ["Şabran", "Шабран", "Shabran"]),
            ],
        );
        (regions, districts)
    }

    #[test]
    fn d6_a_name_is_found_by_its_first_letters_in_any_language_and_form() {
        let (regions, districts) = places();
        for (typed, wanted) in [
            ("qub", vec!["quba", "qubadli"]),
            ("Quba", vec!["quba", "qubadli"]),
            ("QUBAD", vec!["qubadli"]),
            ("губа", vec!["quba", "qubadli"]),
            ("guba", vec!["quba", "qubadli"]),
            ("şab", vec!["sabran"]),
            ("sab", vec!["sabran"]),
            ("sha", vec!["sabran"]),
            ("шаб", vec!["sabran"]),
            ("xet", vec!["xetai"]),
            ("xə", vec!["xetai"]),
            ("kha", vec!["xetai", "xacmaz"]),
            // A family in Baku writes the city.
            ("bakı", vec!["nizami", "xetai"]),
            ("БАК", vec!["nizami", "xetai"]),
            ("nizami rayonu", vec!["nizami"]),
            ("şərqi", vec!["qubadli"]),
            ("moskva", vec![]),
            ("7", vec![]),
            ("?!", vec![]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = items(&districts, &regions, typed).iter().map(|item| item.id.as_str()).collect();
            assert_eq!(found, wanted, "{typed:?}");
        }
    }

    #[test]
    fn f2_every_set_that_letters_may_find_is_known_or_part_of_one() {
        let (regions, districts) = places();
        let ids = |typed: &str| -> Vec<&str> {
            items(&districts, &regions, typed).iter().map(|item| item.id.as_str()).collect()
        };
        let known: Vec<Vec<&str>> = beginnings(&districts, &regions).iter().map(|letters| ids(letters)).collect();
        let names = districts.items.iter().chain(&regions.items).flat_map(|item| &item.label);
        for name in names {
            for (end, _) in name.char_indices().skip(1) {
                let found = ids(&name[..end]);
                let within = known.iter().any(|set| found.iter().all(|id| set.contains(id)));
                assert!(within, "{:?} finds {found:?}", &name[..end]);
            }
        }
    }
}
