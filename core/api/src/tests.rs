use super::*;
use dayaq_types::Money;
use jiff::civil::date;
use uuid::Uuid;

fn args<const N: usize>(pairs: [(&str, Value); N]) -> Args {
    pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn text(s: &str) -> Value {
    Value::Text(s.to_owned())
}

fn application() -> Args {
    args([
        ("fin", text("5AKT9X2")),
        ("card-series", text("aze")),
        ("card-number", text("12345678")),
        ("notary", text("")),
        ("members", Value::Group(vec![args([("fin", text("12E4567")), ("relation", text("child"))])])),
        ("district", Value::Item { list: "districts".to_owned(), id: "quba".to_owned() }),
        ("branch", text("quba-1")),
    ])
}

#[test]
fn a_call_becomes_a_request() {
    let Ok(Request::Submit(submit)) = Request::from_call("submit", &application(), Uuid::nil()) else {
        panic!("an application");
    };
    assert_eq!(submit.members[0].relation, Relation::Child);
    assert_eq!(submit.notary_number, None);
    assert_eq!(submit.district, "quba");
    assert_eq!(submit.meters, Meters::default());
}

#[test]
fn s4_meters_are_numbers_or_not_known() {
    let with = |name: &str, number: &str| {
        let mut args = application();
        args.insert(name.to_owned(), text(number));
        Request::from_call("submit", &args, Uuid::nil())
    };
    let Ok(Request::Submit(submit)) = with("meter-water", "0012345") else { panic!("an application") };
    assert_eq!(submit.meters, Meters { water: MeterNumber::parse("0012345"), ..Meters::default() });
    assert!(!format!("{submit:?}").contains("0012345"));
    for bad in ["1234", "1234567890123", "12a45", "١٢٣٤٥"] {
        assert_eq!(with("meter-gas", bad).unwrap_err().argument, "meter-gas");
    }
    let json = serde_json::to_string(&submit).unwrap();
    assert_eq!(serde_json::from_str::<Submit>(&json).unwrap(), *submit);
    assert!(serde_json::from_str::<Submit>(&json.replace("0012345", "12")).is_err());
}

#[test]
fn a_bad_argument_is_named_without_its_value() {
    let check = |name: &str, value: Value| {
        let mut args = application();
        args.insert(name.to_owned(), value);
        Request::from_call("submit", &args, Uuid::nil()).unwrap_err()
    };
    assert_eq!(check("fin", text("5akt9x2")).argument, "fin");
    assert_eq!(check("card-number", text("1")).argument, "card-number");
    assert_eq!(check("notary", text("12a4")).argument, "notary");
    assert_eq!(check("members", text("x")).argument, "members");
    assert_eq!(check("district", Value::Count(1)).argument, "district");
    assert!(!check("fin", text("5akt9x2")).to_string().contains("5akt9x2"));
}

#[test]
fn a_number_given_alone_names_its_application() {
    let given = |reference: &str, notary: &str| {
        let args = args([("reference", text(reference)), ("notary", text(notary))]);
        Request::from_call("complete", &args, Uuid::from_u128(7))
    };
    let Ok(Request::Complete(complete)) = given("26-0000017-4", "2026004117") else { panic!("a number") };
    assert_eq!((complete.draft, complete.reference.as_str()), (Uuid::from_u128(7), "26-0000017-4"));
    assert!(!format!("{complete:?}").contains("2026004117"), "a number is personal");
    for (reference, notary, field) in [
        ("", "2026004117", "reference"),
        ("26-0000017-4", "", "notary"),
        ("26-0000017-4", "123", "notary"),
        ("26-0000017-4", "1234567890123", "notary"),
        ("26-0000017-4", "12a4", "notary"),
        ("26-0000017-4", "١٢٣٤", "notary"),
    ] {
        let bad = given(reference, notary).unwrap_err();
        assert_eq!((bad.operation.as_str(), bad.argument), ("complete", field), "{reference:?} {notary:?}");
        assert!(notary.is_empty() || !bad.to_string().contains(notary));
    }
    let json = serde_json::to_string(&complete).unwrap();
    assert_eq!(serde_json::from_str::<Complete>(&json).unwrap(), complete);
}

/// Every reply must speak in the outcomes and values that the catalogue promises to dialogues.
#[test]
fn replies_keep_the_catalogue() {
    let day = date(2026, 12, 14);
    let r = || "26-000001-8".to_owned();
    let award = AwardTerms { amount: Money::from_manat(584), from: day, until: day };
    let mut replies: Vec<(&str, Reply)> = vec![
        ("submit", SubmitReply::Registered { reference: r(), registered_on: day, decide_by: day }.into()),
        ("submit", SubmitReply::RegisteredUndated { reference: r(), registered_on: day }.into()),
        ("submit", SubmitReply::AwaitingNotary { reference: r(), registered_on: day }.into()),
        ("submit", SubmitReply::Already { reference: r(), registered_on: day }.into()),
        ("submit", SubmitReply::Limited.into()),
        ("complete", CompleteReply::Registered { reference: r(), registered_on: day, decide_by: day }.into()),
        ("complete", CompleteReply::RegisteredUndated { reference: r(), registered_on: day }.into()),
        ("complete", CompleteReply::Already { reference: r(), registered_on: day }.into()),
        ("complete", CompleteReply::NotAwaiting { reference: r() }.into()),
        ("complete", CompleteReply::None.into()),
        ("existing", ExistingReply::None.into()),
        ("existing", ExistingReply::AwaitingNotary { reference: r() }.into()),
        ("existing", ExistingReply::Open { reference: r() }.into()),
        ("status", StatusReply::None.into()),
        ("explain", ExplainReply::None.into()),
        ("explain", ExplainReply::Wrong.into()),
        ("explain", ExplainReply::Locked.into()),
        ("explain", ExplainReply::Undecided { decide_by: None }.into()),
        ("explain", ExplainReply::Undecided { decide_by: Some(day) }.into()),
        ("explain", ExplainReply::Undated.into()),
        ("explain", ExplainReply::Late.into()),
        ("explain", ExplainReply::Granted(award).into()),
        ("explain", ExplainReply::Refused { reasons: vec![Term::bare("reason-vehicle")] }.into()),
        ("pickup", PickupReply::None.into()),
        ("pickup", PickupReply::Wrong.into()),
        ("pickup", PickupReply::Locked.into()),
        ("pickup", PickupReply::Card(CardStage::None).into()),
        ("pickup", PickupReply::Card(CardStage::Ordered { branch: r() }).into()),
        ("pickup", PickupReply::Card(CardStage::Ready { branch: r(), collect_from: day }).into()),
    ];
    for stage in Stage::ALL {
        replies.push(("status", StatusReply::At { stage, reference: r(), decide_by: Some(day) }.into()));
    }
    replies.push(("status", StatusReply::At { stage: Stage::Gathering, reference: r(), decide_by: None }.into()));
    let mut seen = 0;
    for (operation, reply) in &replies {
        let operation = catalogue::Operation::find(operation).unwrap();
        let (_, values) = operation.outcomes.iter().find(|(name, _)| *name == reply.outcome).unwrap();
        assert_eq!(reply.values.len(), values.len(), "{} {}", operation.name, reply.outcome);
        assert!(values.iter().all(|v| reply.values.contains_key(v.name)), "{} {}", operation.name, reply.outcome);
        seen += 1;
    }
    assert_eq!(seen, catalogue::OPERATIONS.iter().map(|o| o.outcomes.len()).sum::<usize>(), "an outcome nobody gives");
}

#[test]
fn notices_keep_the_catalogue() {
    let day = date(2026, 12, 14);
    let r = || "26-000001-8".to_owned();
    let notices = [
        Notice::Registered { reference: r(), decide_by: day },
        Notice::RegisteredUndated { reference: r() },
        Notice::Deadline { reference: r(), decide_by: day },
        Notice::AwaitingNotary { reference: r() },
        Notice::Granted { reference: r(), amount: Money::from_manat(584), from: day, until: day },
        Notice::Refused { reference: r(), reasons: vec![Term::bare("reason-vehicle")] },
        Notice::CardReady { branch: r(), collect_from: day },
        Notice::Superseded { reference: r() },
        Notice::Late { reference: r(), number: 1 },
        Notice::Unproven { reference: r() },
        Notice::Contested { reference: r() },
    ];
    assert_eq!(notices.len(), catalogue::NOTICES.len());
    for notice in &notices {
        let words = catalogue::NOTICES.iter().find(|w| w.key == notice.key()).unwrap();
        let names: Vec<_> = notice.args().into_keys().collect();
        let mut promised: Vec<_> = words.args.iter().map(|a| a.name.to_owned()).collect();
        promised.sort();
        assert_eq!(names, promised, "{}", notice.key());
        let json = serde_json::to_string(notice).unwrap();
        assert_eq!(&serde_json::from_str::<Notice>(&json).unwrap(), notice);
    }
}

/// The names that the catalogue offers are the ones that requests understand.
#[test]
fn choices_of_the_catalogue_are_understood() {
    let submit = catalogue::Operation::find("submit").unwrap();
    let kind = |name: &str| submit.args.iter().find(|a| a.name == name).unwrap().kind;
    let catalogue::Kind::Choice(series) = kind("card-series") else { panic!("a choice") };
    let known: Vec<String> = dayaq_types::IdCard::SERIES.iter().map(|(s, _)| s.to_ascii_lowercase()).collect();
    assert_eq!(series, known.as_slice());
    let catalogue::Kind::Group(fields) = kind("members") else { panic!("a group") };
    let catalogue::Kind::Choice(relations) = fields[1].kind else { panic!("a choice") };
    assert_eq!(relations, Relation::ALL.map(Relation::name));
}

#[test]
fn what_is_told_by_a_notice_is_an_outcome_of_an_operation_that_writes_and_has_words() {
    let writing = || catalogue::OPERATIONS.iter().filter(|operation| operation.writes);
    assert_eq!(writing().map(|operation| operation.name).collect::<Vec<_>>(), ["submit", "complete"]);
    for told in catalogue::TOLD_BY_NOTICE {
        assert!(writing().flat_map(|operation| operation.outcomes).any(|(outcome, _)| outcome == told), "{told}");
        assert!(catalogue::NOTICES.iter().any(|words| words.key == *told), "{told}");
    }
}
