//! A list whose items are found by the first letters of their names.

use super::fixture::{book, edit, expect_fault, sources};
use super::phone::Phone;
use crate::value::Value;
use crate::{Language, Sources};

const APPLY: &str = "dialogs/apply.toml";

/// The fixture, with districts found by letters and the list of before behind the key.
fn lettered() -> Sources {
    let mut sources = sources();
    edit(
        &mut sources,
        APPLY,
        "max = 3\nnext = \"region\"",
        "max = 3\nnext = \"place\"\n[state.place]\nkind = \"list\"\npages = 6\nlist = \"districts\"\nsave = \"district\"\n\
         next = \"review\"\nletters = { above = \"regions\", save = \"region\", key = \"1\", next = \"region\" }",
    );
    for language in Language::ALL {
        let file = format!("locales/{}/all.ftl", language.code());
        let own = "apply-place = Rayonun ilk hərfləri:\n    .error = Tapılmadı, hərflər:\n    .all = Siyahı\n    \
                   .found = Hansı?\napply-region = ";
        edit(&mut sources, &file, "apply-region = ", own);
    }
    sources
}

#[test]
fn d6_a_few_letters_find_one_item_or_those_to_choose_from() {
    let book = book(&lettered());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2"]).expect("ilk hərfləri").expect("1 Siyahı");
    // One name alone is taken at once, and what it belongs to with it.
    phone.send("SAB").expect("sabail rayonu").confirm();
    let district = Value::Item { list: "districts".into(), id: "sabail".into() };
    assert!(phone.call().2.get("district") == Some(&district));

    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2"]);
    phone.send("yox belə").expect("Tapılmadı, hərflər:").refute("ilk hərfləri");
    phone.send("ast").expect("Hansı?").expect("1 astara-1 rayonu").refute("sabail");
    // Back leads to the letters, other letters search anew, and a number chooses.
    phone.send("0").expect("ilk hərfləri").send("лен").expect("1 astara-1 rayonu").send("77").expect("Yoxdur.");
    phone.send("astara-12").expect("astara-12 rayonu").leaf_to("1 Göndər");
    phone
        .send("0")
        .send("0")
        .expect("ilk hərfləri")
        .send("astara")
        .leaf_to("7 astara-7")
        .send("7")
        .expect("astara-7 rayonu");
}

/// Letters that were typed and heard are not typed again.
#[test]
fn d6_whoever_is_cut_off_before_choosing_goes_on_at_what_was_found() {
    let book = book(&lettered());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "ast"]).expect("Hansı?");
    phone.hang_up().dial("*7142#").send("1").expect("Hansı?").expect("1 astara-1 rayonu");
    // Back leads to the letters, which are forgotten then.
    phone.send("0").expect("ilk hərfləri").hang_up().dial("*7142#").send("1").expect("ilk hərfləri");
    phone.send("sab").confirm();
    let arguments = phone.call().2;
    assert!(arguments.get("district").and_then(Value::as_text).as_deref() == Some("sabail"));
}

#[test]
fn d6_whoever_cannot_spell_it_has_the_list() {
    let book = book(&lettered());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2"]).send("siyahı").expect("Region:").send("2");
    phone.expect("Rayon:").send("3").expect("astara-3 rayonu");
    // What was found by letters is put right by the list.
    phone.send("0").send("0").send("0").expect("ilk hərfləri").send("sab").expect("sabail rayonu");
}

#[test]
fn d6_three_slips_lead_to_142_and_back_to_the_letters() {
    let book = book(&lettered());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "x", "y"]).send("z").expect("142").send("1");
    phone.expect("ilk hərfləri").send_all(&["x", "y", "z"]).expect("142").send("sab").expect("sabail rayonu");
}

#[test]
fn d6_what_letters_need_is_checked() {
    let mut no_list = lettered();
    edit(&mut no_list, APPLY, "above = \"regions\"", "above = \"countries\"");
    expect_fault(&no_list, "there is no list \"countries\"");
    let mut alone = lettered();
    alone.lists[1].items[0].parent = None;
    expect_fault(&alone, "sabail of the list districts belongs to nothing in the list regions");
    let mut key = lettered();
    edit(&mut key, APPLY, "key = \"1\", next = \"region\"", "key = \"0\", next = \"region\"");
    expect_fault(&key, "the key 0 is one of every screen");
    let mut words = lettered();
    edit(&mut words, "locales/az/all.ftl", "    .found = Hansı?\n", "");
    expect_fault(&words, "the text apply-place.found is missing in az");
    let mut parent = lettered();
    edit(&mut parent, APPLY, "letters = { above", "parent = \"region\"\nletters = { above");
    expect_fault(&parent, "finds an item of the whole list");
}

#[test]
fn f2_what_letters_find_stays_within_the_declared_pages() {
    let mut few = lettered();
    edit(&mut few, APPLY, "pages = 6\nlist = \"districts\"\nsave", "pages = 2\nlist = \"districts\"\nsave");
    expect_fault(&few, "apply-place.found");
}
