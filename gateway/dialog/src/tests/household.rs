//! A group that asks for its items on its own screen, and a text that lists them.

use super::fixture::{book, edit, expect_fault, sources};
use super::phone::Phone;
use crate::{Language, Sources};

const APPLY: &str = "dialogs/apply.toml";

/// The fixture, with members typed on the screen that counts them, and listed in the review.
fn direct() -> Sources {
    let mut sources = sources();
    edit(&mut sources, APPLY, "run = \"member\"", "run = \"member\"\ndirect = true");
    for (language, mark) in Language::ALL.into_iter().zip(["", "я", "!"]) {
        let file = format!("locales/{}/all.ftl", language.code());
        edit(&mut sources, &file, &format!("    .add = Əlavə et{mark}"), "    .error = FİN 7 işarə olur:");
        let counted = "üzv { $members-count }, ";
        let listed = "üzv { $members-count ->\n        [0] yoxdur\n       *[more] { $members-list }\n    }\n    ";
        edit(&mut sources, &file, counted, listed);
    }
    sources
}

#[test]
fn c4_a_member_is_typed_on_the_screen_that_counts_the_family() {
    let book = book(&direct());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone
        .dial("*7142#")
        .send_all(&["1", "12E4567", "2"])
        .expect("Ailə üzvləri: 0")
        .expect("2 Hamısıdır")
        .refute("\n1 ");
    phone.send("45K8901").expect("45K8901 kimdir?").send("1").expect("Ailə üzvləri: 1").expect("3 Sil");
    // A slip leaves the family where it is; the same person twice, too, and the applicant.
    phone.send("46K890").expect("FİN 7 işarə olur:").refute("Ailə üzvləri").send("45k8901").expect("artıq var");
    phone.expect("Ailə üzvləri: 1").send("2");
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2"]).send("12e4567").expect("artıq var").expect("Ailə üzvləri: 0");
    // A zero for an O is shown first, and whoever says no types it again.
    phone.send("45KO901").expect("45K0901 – düzdür?").send("2").expect("Üzvün FİN-i:").send("45K8901").send("2");
    phone
        .expect("Ailə üzvləri: 1")
        .send("46K8901")
        .send("0")
        .expect("Üzvün FİN-i:")
        .send("0")
        .expect("Ailə üzvləri: 1");
    // Three slips lead to 142, and there the FIN counts at once.
    phone.send_all(&["x", "y", "z"]).expect("142").send("47K8901").expect("47K8901 kimdir?").send("1");
    phone.send("48K8901").send("1").expect("Ailə üzvləri: 3");
    // No more than there may be.
    phone.send("49K8901").expect("FİN 7 işarə olur:").send("3").expect("1 45K8901");
}

#[test]
fn d4_nobody_more_is_said_in_words() {
    let book = book(&direct());
    for said in ["yox", "нет", "no", "hamısıdır", "2"] {
        let mut phone = Phone::speaking(&book, Language::Az);
        phone.dial("*7142#").send_all(&["1", "12E4567", "2"]).send(said).expect("Region:");
    }
}

#[test]
fn a_text_lists_the_family_as_the_group_does() {
    let book = book(&direct());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "1", "1"]).expect("üzv yoxdur");
    phone.dial("*7142#").send_all(&["2", "1", "12E4567", "2", "45K8901", "1", "46K8901", "2", "2", "1", "1"]);
    phone.expect("üzv 45K8901 Uşaq\n46K8901").send("98").expect("Həyat yoldaşı");
}

#[test]
fn l1_a_group_that_asks_directly_needs_a_typed_answer_that_is_no_key() {
    let mut menu = direct();
    edit(&mut menu, "dialogs/member.toml", "start = \"fin\"", "start = \"relation\"");
    expect_fault(&menu, "direct needs a text as the first state of the dialogue member");
    let mut any = direct();
    edit(&mut any, "dialogs/member.toml", "type = \"fin\"", "type = \"any\"");
    edit(&mut any, "dialogs/types.toml", "[type.notary]", "[type.any]\npattern = \"^.{1,7}$\"\n[type.notary]");
    expect_fault(&any, "the key 2 of the group is itself an answer of this type");
    let mut words = direct();
    edit(&mut words, "locales/az/all.ftl", "    .error = FİN 7 işarə olur:\n", "");
    expect_fault(&words, "the text apply-members.error is missing in az");
}
