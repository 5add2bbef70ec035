use std::collections::BTreeMap;

use jiff::SignedDuration;

use super::fixture::{book, sources};
use super::phone::Phone;
use crate::{Effect, Form, Input, Language, Outcome, Surface, Value, render_notice};

/// From the FIN to the review, with one child.
const TO_REVIEW: [&str; 9] = ["12E4567", "2", "1", "45K8901", "1", "2", "2", "3", ""];

fn applied<'b>(phone: &mut Phone<'b>) {
    phone.dial("*7142#").send("1").send_all(&TO_REVIEW[..8]);
}

#[test]
fn s1_a_family_applies_and_hears_its_number() {
    let book = book(&sources());
    let mut phone = Phone::new(&book);
    phone.dial("*7142#").expect("Dil / Язык / Language").send("1").expect("1 Müraciət").expect("2 Müraciətim");
    assert!(phone.effects.contains(&Effect::SetLanguage(Language::Az)));
    phone.send("1").expect("FİN-i yazın").send("12E4567").expect("Notariat");
    assert!(phone.effects.contains(&Effect::Checkpoint { section: "applicant".into() }));
    phone.send("1").expect("nömrəsini").send("20260017").expect("Ailə üzvləri: 0").expect("1 Əlavə et").refute("Sil");
    phone.send("1").expect("Üzvün FİN-i").send("45K8901").expect("45K8901 kimdir?").send("uşaq");
    phone
        .expect("Ailə üzvləri: 1")
        .expect("3 Sil")
        .send("2")
        .expect("1 baki rayonu")
        .send("1")
        .expect("1 sabail rayonu");
    phone.send("1").expect("FİN 12E4567, notariat 20260017, üzv 1, sabail rayonu").confirm();
    let (id, operation, args) = phone.call();
    assert_eq!((id.as_str(), operation.as_str()), ("draft-0:apply.send:0", "submit"));
    let member: BTreeMap<String, Value> =
        [("fin".to_owned(), Value::Text("45K8901".into())), ("relation".to_owned(), Value::Term("child".into()))]
            .into();
    assert!(args["members"] == Value::Records(vec![member]));
    assert!(args["district"] == Value::Item { list: "districts".into(), id: "sabail".into() });
    phone.outcome("registered", &[("reference", Value::Text("2026-000123".into()))]);
    phone.expect("Qeydə alındı: 2026-000123").ends();
    assert_ne!(phone.session.draft(), "draft-0", "the next application is another one");
    phone.dial("*7142#").expect("Xidmətlər").refute("Davam et");
}

#[test]
fn e1_the_language_is_remembered_and_changed_at_any_time() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Ru);
    phone
        .dial("*7142#")
        .expect("Xidmətlərя")
        .send("3")
        .send("3")
        .expect("Xidmətlər!")
        .send("1")
        .expect("FİN-i yazın:!");
}

#[test]
fn b3_a_phone_that_hung_up_continues_where_it_was() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "1", "45K8901"]).hang_up();
    assert!(phone.session.holds_draft(&book));
    phone.wait(71).dial("*7142#").expect("yarımçıq").expect("1 Davam et").expect("2 Yenidən başla").expect("00 Menyu");
    phone.send("1").expect("45K8901 kimdir?").send("2").expect("Ailə üzvləri: 1").send("2").send("1").send("1");
    phone.expect("FİN 12E4567, notariat yoxdur, üzv 1").confirm();
    assert_eq!(phone.call().0, "draft-0:apply.send:0");
}

#[test]
fn b3_start_again_forgets_the_draft() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).hang_up().dial("*7142#").send("2").expect("Xidmətlər");
    assert!(!phone.session.holds_draft(&book));
    assert_ne!(phone.session.draft(), "draft-0");
    phone.hang_up().dial("*7142#").expect("Xidmətlər");
}

#[test]
fn b4_a_draft_lives_72_hours() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).hang_up().wait(73).dial("*7142#").expect("Xidmətlər");
    assert!(!phone.session.holds_draft(&book));
}

#[test]
fn b4_a_draft_lives_as_long_as_the_operator_of_the_service_says() {
    let book = book(&sources());
    for (kept, waited, offered) in [(5, 4, true), (5, 6, false), (720, 719, true), (720, 721, false)] {
        let mut phone = Phone::speaking(&book, Language::Az);
        phone.draft_kept = SignedDuration::from_hours(kept);
        phone.dial("*7142#").send_all(&["1", "12E4567"]).hang_up().wait(waited).dial("*7142#");
        assert_eq!(phone.screen.contains("1 Davam et"), offered, "{waited} of {kept} hours");
    }
}

#[test]
fn b2_a_timed_out_phone_keeps_its_draft_and_hears_nothing() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).happens(Input::TimedOut);
    assert!(phone.effects.is_empty());
    phone.dial("*7142#").expect("yarımçıq");
}

#[test]
fn d3_home_keeps_the_draft_and_applying_offers_it_again() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).send("00").expect("Xidmətlər").send("1").expect("yarımçıq");
    phone.send("0").expect("Xidmətlər").send("1").send("1").expect("Notariat");
    phone.send("00").send("1").send("2").expect("FİN-i yazın");
    phone.hang_up().dial("*7142#").expect("Xidmətlər");
}

#[test]
fn d3_back_takes_one_question_back_and_its_answer_with_it() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1", "20260017"]).expect("Ailə").send("0").expect("nömrəsini");
    phone
        .send("0")
        .expect("Notariat nömrəsi var?")
        .send("2")
        .send_all(&["2", "1", "1"])
        .expect("notariat yoxdur")
        .confirm();
    assert!(!phone.call().2.contains_key("notary"), "an answer that was taken back is not sent");
    phone.session = Phone::speaking(&book, Language::Az).session;
    phone.dial("*7142#").send("1").send("0").expect("Xidmətlər").send("0").expect("Xidmətlər");
}

#[test]
fn c4_a_group_survives_going_back() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "1", "45K8901", "1"]).expect("Ailə üzvləri: 1");
    phone.send("0").expect("Notariat").send("2").expect("Ailə üzvləri: 1").send("1").expect("Üzvün").send("0");
    phone.expect("Ailə üzvləri: 1").send("1").send("46K8901").send("0").expect("Üzvün FİN-i").send("0");
    phone.expect("Ailə üzvləri: 1").send("3").expect("1 45K8901 Uşaq").send("7").expect("Yoxdur.");
    phone.send("1").expect("Ailə üzvləri: 0").refute("Sil");
}

#[test]
fn c4_no_member_twice_and_never_the_applicant() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "1"]).send("12e4567").expect("artıq var").expect("Üzvün");
    phone.send_all(&["45K8901", "1", "1"]).send("45k8901").expect("artıq var").send("46K8901").send("2");
    phone.send_all(&["1", "47K8901", "1"]).expect("Ailə üzvləri: 3").refute("Əlavə");
}

#[test]
fn d4_a_zero_is_shown_and_an_i_is_asked() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send("1").send("12eo567").expect("12E0567 – düzdür?").expect("1 Bəli").send("2");
    phone.expect("FİN-i yazın").send("12Eo567").send("bəli").expect("Notariat");
    phone.send("0").send("12E45i7").expect("6-ci işarə «I» ola bilməz").send("12Е4567").expect("Notariat");
    phone.send("2").send_all(&["2", "1", "1"]).expect("FİN 12E4567,");
    phone.dial("*7142#").send("2").send("1").send("12Eo567").expect("düzdür").send("12E4568").expect("Notariat");
}

#[test]
fn d2_three_wrong_answers_lead_to_142_and_never_out() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1"]).send("x").expect("Rəqəmlərlə").send("y").expect("Rəqəmlərlə");
    phone.send("z").expect("142").expect("1 Yenidən yaz").send("1").expect("nömrəsini yazın").refute("Rəqəmlərlə");
    phone.send_all(&["x", "y", "z"]).expect("142").send("20260017").expect("Ailə");
    assert!(!phone.ended);
}

#[test]
fn f11_numbers_come_in_many_guises() {
    let book = book(&sources());
    for said in ["2", "2.", "2)", "iki", "İKİ", "два", "٢", "２", "müraciətim", "MURACIETIM"] {
        let mut phone = Phone::speaking(&book, Language::Az);
        phone.dial("*7142#").send(said);
        assert_eq!(phone.call().1, "status", "{said}");
    }
    Phone::speaking(&book, Language::Az).dial("*7142#").send("9").expect("Yoxdur.").expect("1 Müraciət");
}

#[test]
fn f03_rubbish_is_answered_politely_and_costs_no_answer() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "1"]);
    for rubbish in ["\0", "\u{fffd}", "😀", "", "   "] {
        phone.send(rubbish).expect("nömrəsini yazın").send("0").expect("Notariat").send("1");
    }
    phone.send(&"9".repeat(70_000)).expect("Oxunmadı").send("20260017").send_all(&["2", "1", "1"]).expect("20260017");
}

#[test]
fn f06_what_a_person_typed_is_never_read_as_fluent() {
    let mut sources = sources();
    sources.dialogs[0].text = sources.dialogs[0].text.replace("^[0-9]{4,12}$", "^.*$");
    let book = book(&sources);
    let mut phone = Phone::speaking(&book, Language::Az);
    let typed = "{ $fin } %s <b> \"'; DROP";
    phone.dial("*7142#").send_all(&["1", "12E4567", "1", typed, "2", "1", "1"]).expect(typed);
}

#[test]
fn h1_the_same_call_has_the_same_id_until_it_has_an_outcome() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    applied(&mut phone);
    phone.confirm();
    let first = phone.call();
    // The network repeats itself; the person hangs up, dials and continues; each time it is the same call.
    assert!(phone.send("1").call() == first);
    assert!(phone.hang_up().dial("*7142#").send("1").call() == first);
    // A result for nobody waiting changes nothing.
    let stray = Outcome { name: "registered".into(), values: BTreeMap::new() };
    phone.happens(Input::Called { id: "draft-9:apply.send:0", outcome: stray });
    assert!(phone.effects.is_empty());
    assert!(phone.send("1").call() == first);
}

#[test]
fn b10_a_result_that_comes_after_a_redial_ends_the_draft() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    applied(&mut phone);
    let (id, _, _) = phone.confirm().call();
    phone.hang_up().dial("*7142#").expect("yarımçıq");
    let outcome = Outcome { name: "registered".into(), values: BTreeMap::new() };
    phone.happens(Input::Called { id: &id, outcome });
    phone.send("1").expect("Xidmətlər");
    assert!(!phone.calls());
}

#[test]
fn h4_a_slow_core_lets_the_phone_go_and_the_draft_is_handed_over() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    applied(&mut phone);
    let (id, _, _) = phone.confirm().call();
    phone.happens(Input::CallSlow { id: &id }).expect("SMS gələcək").ends();
    phone.dial("*7142#").expect("Xidmətlər");
}

#[test]
fn d01_a_call_that_failed_keeps_every_answer_and_its_id() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    applied(&mut phone);
    let (id, _, _) = phone.confirm().call();
    phone.happens(Input::CallFailed { id: &id }).expect("cavablar saxlanıldı").ends();
    phone.dial("*7142#").expect("yarımçıq").send("1").expect("FİN 12E4567").confirm();
    assert_eq!(phone.call().0, id);
    phone.outcome("registered", &[("reference", Value::Text("7".into()))]).expect("Qeydə alındı: 7").ends();
    phone.dial("*7142#").expect("Xidmətlər");
}

#[test]
fn c14_an_outcome_that_nobody_knows_gives_nothing_up() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    applied(&mut phone);
    let (id, _, _) = phone.confirm().call();
    phone.outcome("of-tomorrow", &[]).expect("cavablar saxlanıldı").ends();
    phone.dial("*7142#").send("1").confirm();
    assert_eq!(phone.call().0, id);
}

#[test]
fn d5_a_dial_string_answers_menus_and_never_submits() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    assert_eq!(phone.dial("*7142*2#").call().1, "status");
    phone.outcome("found", &[("stage", Value::Term("evidence".into()))]).expect("Mərhələ: Yoxlanılır").ends();
    phone.dial("*7142*1#").expect("FİN-i yazın");
    // A FIN in a dial string would be in every log of the network.
    phone.dial("*7142*1*12E4567#").expect("Xidmətlər");
    for odd in ["*7142**#", "*7142*9#", "*7142", "*7142*", "", "###", "*71421#"] {
        phone.dial(odd).expect("Xidmətlər");
        assert!(!phone.calls());
    }
    let long = format!("*7142*{}#", "1*".repeat(100));
    for long in ["*7142*1*1*1*1*1#", &long] {
        phone.dial(long).expect("*100#").ends();
        assert!(!phone.calls());
    }
    Phone::new(&book).dial("*7142*2#").expect("Dil / Язык");
}

#[test]
fn status_asked_twice_is_two_calls() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    let first = phone.dial("*7142*2#").call().0;
    phone.outcome("none", &[]).expect("tapılmadı").ends();
    assert_ne!(phone.dial("*7142*2#").call().0, first);
}

#[test]
fn c2_by_sms_a_conversation_begins_with_any_text() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.surface = Surface::sms(Form::Plain, 3);
    phone.send("Salam").expect("1 Muraciet").expect("2 Muracietim").send("1").expect("FIN-i yazin:");
}

#[test]
fn x06_ussd_and_sms_share_one_draft() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567"]).hang_up();
    phone.surface = Surface::sms(Form::Proper, 1);
    // What is written is no answer to a screen that is gone: the person is asked whether to go on from there.
    phone.send("2").expect("1 Davam et").send("1").send("2").expect("Ailə üzvləri: 0").send("1").expect("Üzvün");
}

#[test]
fn b5_a_session_of_another_book_begins_anew_politely() {
    let old = book(&sources());
    let mut phone = Phone::speaking(&old, Language::Ru);
    phone.dial("*7142#").send("1");
    let mut changed = sources();
    changed.dialogs[2].text.push_str("# changed\n");
    let new = book(&changed);
    assert_ne!(old.hash(), new.hash());
    let mut later = Phone::speaking(&new, Language::Az);
    later.session = phone.session;
    later.send("12E4567").expect("Xidmət yeniləndi.я").expect("1 Müraciətя");
    assert_eq!(later.session.book(), new.hash());
}

#[test]
fn n1_no_personal_value_shows_in_debug() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send("1").send("12EO567");
    let confirming = format!("{:?} {:?} {:?}", phone.session, phone.effects, Input::Text("12EO567"));
    phone.send("1").send_all(&TO_REVIEW[1..8]).confirm();
    let calling = format!("{:?} {:?}", phone.session, phone.effects);
    let outcome = Outcome { name: "registered".into(), values: [("fin".into(), Value::Text("12E0567".into()))].into() };
    for shown in [confirming, calling, format!("{:?}", Input::Called { id: "x", outcome })] {
        assert!(!shown.contains("12E0567") && !shown.contains("12EO567") && !shown.contains("45K8901"), "{shown}");
    }
}

#[test]
fn a_damaged_session_begins_anew() {
    let book = book(&sources());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send("1");
    let stored = serde_json::to_string(&phone.session).expect("stored").replace("\"fin\"", "\"nowhere\"");
    phone.session = serde_json::from_str(&stored).expect("loaded");
    phone.send("12E4567").expect("Xidmət yeniləndi").expect("Xidmətlər");
}

#[test]
fn s9_a_notice_is_rendered_for_language_and_form() {
    let book = book(&sources());
    let args = [
        ("amount".to_owned(), Value::Money(58_400)),
        ("until".to_owned(), Value::Date(jiff::civil::date(2027, 12, 1))),
    ];
    let mut args: BTreeMap<String, Value> = args.into();
    let render = |args: &_, form| render_notice(&book, "outcome", args, Language::Az, form);
    assert_eq!(
        render(&args, Form::Proper).as_deref(),
        Ok("Məbləğ: 584,00 AZN, 01.12.2027 tarixinədək. Pulsuzdur. 142")
    );
    assert_eq!(render(&args, Form::Plain).as_deref(), Ok("Mebleg: 584,00 AZN, 01.12.2027 tarixinedek. Pulsuzdur. 142"));
    args.remove("amount");
    let missing = render(&args, Form::Plain).expect_err("an argument is missing").to_string();
    assert_eq!(missing, "notice outcome lacks its argument amount");
    let unknown = render_notice(&book, "nothing", &args, Language::Az, Form::Plain).expect_err("unknown").to_string();
    assert_eq!(unknown, "no notice is called nothing");
}

/// A review that leads to corrections, each a dialogue of its own, and back.
fn correctable() -> crate::Sources {
    let mut sources = sources();
    let apply = &mut sources.dialogs[2].text;
    *apply = apply.replace(
        "{ key = \"2\", name = \"cancel\", next = \"home\" }]",
        "{ key = \"2\", name = \"cancel\", next = \"home\" }, { key = \"3\", name = \"fix\", next = \"fix\" }]\n\
         [state.fix]\nkind = \"run\"\nrun = \"papers\"\nnext = \"review\"",
    );
    let start = apply.find("[state.has-notary]").expect("a state");
    let end = apply.find("[state.members]").expect("a state");
    let papers = apply[start..end].replace("next = \"members\"", "next = \"return\"");
    apply.replace_range(start..end, "[state.papers]\nkind = \"run\"\nrun = \"papers\"\nnext = \"members\"\n");
    *apply = apply.replace("next = \"has-notary\"", "next = \"papers\"");
    let text = format!("[dialog]\nid = \"papers\"\nstart = \"has-notary\"\n{papers}");
    sources.dialogs.push(crate::Source { path: "dialogs/papers.toml".into(), text });
    for (_, locale) in &mut sources.locales {
        locale.text =
            locale.text.replace("apply-has-notary", "papers-has-notary").replace("apply-notary", "papers-notary");
        locale.text = locale.text.replace("    .opt-send = ", "    .opt-fix = Düzəlt\n    .opt-send = ");
    }
    sources
}

#[test]
fn a_correction_after_the_review_counts_and_loses_nothing_else() {
    let book = book(&correctable());
    let mut phone = Phone::speaking(&book, Language::Az);
    phone.dial("*7142#").send_all(&["1", "12E4567", "2", "2", "1", "1"]).expect("notariat yoxdur").expect("sabail");
    // A number first given in the correction stays, also over a redial.
    phone
        .leaf_to("3 Düzəlt")
        .send_all(&["3", "1", "20260017"])
        .expect("FİN 12E4567, notariat 20260017")
        .expect("sabail");
    phone.hang_up().dial("*7142#").send("1").expect("notariat 20260017").leaf_to("3 Düzəlt");
    phone.send_all(&["3", "1", "20260018"]).expect("notariat 20260018");
    // "Not yet after all" takes it back.
    phone.leaf_to("3 Düzəlt").send_all(&["3", "2"]).expect("notariat yoxdur").expect("sabail").confirm();
    assert!(!phone.call().2.contains_key("notary"));
}
