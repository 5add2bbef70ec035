//! Who belongs to a family: what families say, what proves it, and what strangers come to.

mod declarations;
mod heads;

use super::world::{APPLICANT, CHILD, Ground, NUMBER, OTHER_CHILD, PHONE, SPOUSE, World};
use crate::rules;
use dayaq_core_api::{Core, ExplainReply, Member, Notice, Relation, Stage, Submit, Value};
use dayaq_types::{Fin, Money};
use serde_json::{Value as Json, json};

const DAY_S: u64 = 86_400;

fn member(fin: &str, relation: Relation) -> Member {
    Member { fin: Fin::parse(fin).unwrap(), relation }
}

/// A month's wage over the whole window of November 2026.
fn earns(world: &World, fin: &str, qepik: i64) {
    let month = |n: u32| {
        let of = crate::facts::Month { year: 2026, month: 11 }.earlier(n);
        json!({ "month": of.to_string(), "amount_qepik": qepik, "kind": "wage" })
    };
    world.outside.registers().income.insert(fin.to_owned(), (1..=12).map(month).collect());
}

impl World {
    /// Somebody alone whose notarised application names nobody, with others in the country.
    fn with_others(&self, others: &[&str]) {
        self.alone();
        others.iter().for_each(|fin| self.outside.person(fin));
    }

    fn declaring(&self, members: Vec<Member>) -> Submit {
        Submit { members, ..self.application() }
    }

    fn so_of(&self, what: &str, member: &str) {
        self.outside.registers().pairs.insert([what, APPLICANT, member].map(str::to_owned));
    }

    fn kin(&self, of: &str, what: &str, kin: Json) {
        self.outside.registers().family.get_mut(of).unwrap()[what] = kin;
    }

    /// What an institution was asked with this FIN in it, beside what asks of the applicant and the member together.
    fn asked_alone(&self, fin: &str) -> Vec<String> {
        let registers = self.outside.registers();
        let of_pairs = ["justice kinship", "interior addresses", "azerisiq shared", "ministry visits"];
        let alone = |line: &&String| {
            line.contains(fin) && !(line.contains(APPLICANT) && of_pairs.iter().any(|pair| line.starts_with(pair)))
        };
        registers.asked.iter().filter(alone).cloned().collect()
    }

    /// What the phone is granted a month; nothing where it is not granted.
    async fn amount(&self) -> Option<Money> {
        match self.explain(PHONE, "5678").await {
            ExplainReply::Granted(award) => Some(award.amount),
            _ => None,
        }
    }
}

/// A month of granted assistance for so many, without income.
fn for_heads(heads: i64) -> Option<Money> {
    Some(Money::from_manat(300 * heads))
}

/// "Five FINs that I have seen, typed as others": before, each was worth 300 AZN a month.
async fn g14_five_unrelated_fins_typed_as_other_raise_no_award(ground: Ground) {
    let world = World::standing(ground).await;
    let strangers = ["2AAAAA1", "2AAAAA2", "2AAAAA3", "2AAAAA4", "2AAAAA5"];
    world.with_others(&strangers);
    let typed = strangers.map(|fin| member(fin, Relation::Other)).to_vec();
    let reference = world.registered(PHONE, &world.declaring(typed)).await;
    world.work_until("2026-12-20T06:00:00Z").await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Late), "it waits, and nobody is paid");
    assert!(world.outside.registers().orders.is_empty(), "no card");
    for stranger in strangers {
        assert_eq!(world.asked_alone(stranger), Vec::<String>::new());
    }
    let events = world.core.audit(&reference).await.unwrap().unwrap();
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("deadline-alarm"), count("unproven"), count("granted")), (1, 1, 0), "{events:?}");
}

/// Everything that a phone sees of an application that names this FIN, with this wage behind it.
async fn seen(ground: Ground, relation: Relation, wage: Option<i64>) -> (Vec<String>, usize) {
    let world = World::standing(ground).await;
    world.alone();
    if let Some(qepik) = wage {
        world.outside.person(SPOUSE);
        earns(&world, SPOUSE, qepik);
        let car = json!([{ "plate": "10-AB-127", "make": "VAZ", "year": 2008, "basis": "owned" }]);
        world.outside.registers().vehicles.insert(SPOUSE.to_owned(), car);
    }
    let mut seen = vec![format!("{:?}", world.submit(PHONE, &world.declaring(vec![member(SPOUSE, relation)])).await)];
    world.work().await;
    seen.extend(world.texts().await.iter().map(|text| format!("{text:?}")));
    world.wait(20 * DAY_S);
    world.work().await;
    seen.push(format!("{:?}", world.core.status(&world.caller(PHONE)).await.unwrap()));
    seen.push(format!("{:?}", world.explain(PHONE, "5678").await));
    seen.extend(world.texts().await.iter().map(|text| format!("{text:?}")));
    assert_eq!(world.asked_alone(SPOUSE), Vec::<String>::new());
    let masked = |text: &String| {
        let words = text.split('"').map(|word| if crate::is_reference(word) { "number" } else { word });
        words.collect::<Vec<_>>().join("\"")
    };
    let calls = world.outside.registers().calls.len();
    (seen.iter().map(masked).collect(), calls)
}

/// "I type my neighbour's FIN and read his wage off what I am told": the answers to a rich neighbour, a poor one and nobody at
/// all are the same to the octet, whatever the neighbour is said to be, and so is how often anybody is asked.
async fn q1_a_strangers_fin_tells_nothing_of_the_stranger(ground: Ground) {
    for relation in Relation::ALL {
        let poor = seen(ground, relation, Some(0)).await;
        for wage in [Some(51_733), Some(900_000), None] {
            assert_eq!(seen(ground, relation, wage).await, poor, "{relation:?} {wage:?}");
        }
        let (told, _) = poor;
        assert!(told.iter().all(|text| !text.contains(SPOUSE) && !text.contains("Money")), "{told:?}");
    }
}

/// "We are two families of one hostel." The roof proves nobody, a meter of their own does.
async fn q1_neighbours_of_a_hostel_are_no_family_by_its_roof(ground: Ground) {
    let world = World::standing(ground).await;
    world.with_others(&[SPOUSE]);
    world.so_of("address", SPOUSE);
    world.registered(PHONE, &world.declaring(vec![member(SPOUSE, Relation::Other)])).await;
    world.work().await;
    assert_eq!((world.stage(PHONE).await, world.amount().await), (Some(Stage::Gathering), None));
    assert_eq!(world.text_keys().await, ["registered", "unproven"], "they are asked about it");
    assert_eq!(world.asked_alone(SPOUSE), Vec::<String>::new());
    // They have one room after all, with one meter.
    world.so_of("meter", SPOUSE);
    world.wait(8 * 3600);
    world.work().await;
    assert_eq!((world.text_keys().await, world.amount().await), (vec!["granted"], for_heads(2)));
}

/// "She is not mine by blood, I am her guardian."
async fn q1_a_foster_child_counts_by_guardianship(ground: Ground) {
    for named in [false, true] {
        let world = World::standing(ground).await;
        world.with_others(&[CHILD]);
        world.so_of("guardianship", CHILD);
        if named {
            world.outside.registers().notary.get_mut(NUMBER).unwrap()["members"] = json!([CHILD]);
        }
        world.registered(PHONE, &world.declaring(vec![member(CHILD, Relation::Child)])).await;
        world.work().await;
        assert_eq!(world.text_keys().await, ["registered", "granted"], "named: {named}");
        assert_eq!(world.amount().await, for_heads(2));
    }
}

/// "We are not married on paper, we live together." Typed as wife she is not the one on the acts, and that is told; typed as
/// another of the household she counts, by the roof and the meter that they share.
async fn q1_a_couple_without_a_marriage_on_record_counts_by_roof_and_meter(ground: Ground) {
    let world = World::standing(ground).await;
    world.with_others(&[SPOUSE]);
    world.so_of("address", SPOUSE);
    world.so_of("meter", SPOUSE);
    world.registered(PHONE, &world.declaring(vec![member(SPOUSE, Relation::Spouse)])).await;
    world.work().await;
    let texts = world.texts().await;
    let Some(Notice::Refused { reasons, .. }) = texts.last() else { panic!("{texts:?}") };
    assert_eq!(reasons.iter().map(|reason| reason.key.as_str()).collect::<Vec<_>>(), ["reason-family"]);
    world.registered(PHONE, &world.declaring(vec![member(SPOUSE, Relation::Other)])).await;
    world.work().await;
    assert_eq!((world.text_keys().await, world.amount().await), (vec!["registered", "granted"], for_heads(2)));
}

/// "My grandson lives with me, his mother is abroad." His mother is neither asked about nor counted.
async fn q1_a_grandmother_counts_with_her_grandchild(ground: Ground) {
    let world = World::standing(ground).await;
    world.with_others(&[SPOUSE, CHILD]);
    world.kin(APPLICANT, "children", json!([SPOUSE]));
    world.kin(SPOUSE, "children", json!([CHILD]));
    world.registered(PHONE, &world.declaring(vec![member(CHILD, Relation::Other)])).await;
    world.work().await;
    assert_eq!((world.text_keys().await, world.amount().await), (vec!["registered", "granted"], for_heads(2)));
    assert_eq!(world.asked_alone(SPOUSE), Vec::<String>::new());
    assert_eq!(world.outside.calls("interior GET addresses"), 0, "kinship is enough");
}

/// "Two brothers, no parents any more." The one who only says so waits.
async fn q1_two_brothers_count_and_a_third_by_word_alone_does_not(ground: Ground) {
    let world = World::standing(ground).await;
    world.with_others(&[SPOUSE, CHILD, OTHER_CHILD]);
    world.kin(APPLICANT, "parents", json!([SPOUSE]));
    world.kin(SPOUSE, "children", json!([APPLICANT, CHILD]));
    let brothers = vec![member(CHILD, Relation::Sibling), member(OTHER_CHILD, Relation::Sibling)];
    world.registered(PHONE, &world.declaring(brothers)).await;
    world.work().await;
    assert_eq!((world.stage(PHONE).await, world.amount().await), (Some(Stage::Gathering), None));
    assert!(!world.asked_alone(CHILD).is_empty(), "the brother on record is of the family");
    assert_eq!(world.asked_alone(OTHER_CHILD), Vec::<String>::new());
    // A worker of the service finds all three at home.
    world.so_of("visit", OTHER_CHILD);
    world.wait(8 * 3600);
    world.work().await;
    assert_eq!(
        (world.text_keys().await, world.amount().await),
        (vec!["registered", "unproven", "granted"], for_heads(3))
    );
}

/// Whom the notary names is proven by that, and has to be declared; so has a spouse on record.
async fn q1_who_is_left_out_is_a_mismatch(ground: Ground) {
    for leave_out in [
        |world: &World| world.kin(APPLICANT, "spouse", json!(SPOUSE)),
        |world: &World| {
            world.outside.registers().notary.get_mut(NUMBER).unwrap()["members"] = json!([SPOUSE]);
        },
    ] {
        let world = World::standing(ground).await;
        world.with_others(&[SPOUSE]);
        earns(&world, SPOUSE, 90_000);
        leave_out(&world);
        world.registered(PHONE, &world.application()).await;
        world.work().await;
        let ExplainReply::Refused { reasons } = world.explain(PHONE, "5678").await else { panic!("refused") };
        assert_eq!(reasons.iter().map(|reason| reason.key.as_str()).collect::<Vec<_>>(), ["reason-family"]);
        assert!(reasons.iter().all(|reason| !reason.args.values().any(|value| matches!(value, Value::Money(_)))));
        assert_eq!(world.asked_alone(SPOUSE), Vec::<String>::new(), "who is not declared is not asked about");
    }
}

/// A utility that does not answer whether two share a meter delays the decision; nothing is asked about anybody meanwhile,
/// and silence proves nobody.
async fn q1_a_question_without_an_answer_proves_nobody(ground: Ground) {
    let world = World::standing(ground).await;
    world.family();
    world.kin(APPLICANT, "spouse", Json::Null);
    world.so_of("address", SPOUSE);
    world.outside.mood("azerisiq", super::outside::Mood::Failing);
    let members = world.declaring(World::members());
    world.registered(PHONE, &members).await;
    world.work().await;
    assert_eq!(world.stage(PHONE).await, Some(Stage::Gathering), "whether they share a meter is not known");
    for fin in [SPOUSE, CHILD, OTHER_CHILD] {
        assert_eq!(world.asked_alone(fin), Vec::<String>::new(), "not even of the children, who are proven");
    }
    world.outside.mood("azerisiq", super::outside::Mood::Well);
    world.wait(3600);
    world.work().await;
    assert_eq!(world.text_keys().await, ["registered", "refused"]);
    assert_eq!(world.asked_alone(SPOUSE), Vec::<String>::new());
    assert!(!world.asked_alone(CHILD).is_empty());
}

#[test]
fn q1_every_shipped_set_of_rules_says_what_proves_whom_and_how_well_that_is_known() {
    for year in 2016..=2026 {
        let rules = super::family::rules_of(jiff::civil::date(year, 7, 1));
        let mark = |relation| rules.proof(relation).unwrap().origin.mark;
        for relation in [Relation::Spouse, Relation::Child, Relation::Parent] {
            assert_eq!(mark(relation), rules::Mark::Inferred, "{year}");
        }
        assert_eq!((mark(Relation::Sibling), mark(Relation::Other)), (rules::Mark::Assumed, rules::Mark::Assumed));
    }
}

#[test]
fn q1_what_proves_nobody_is_a_fault_of_the_rules_with_its_line() {
    let mut files = super::world::shipped();
    let (_, text) = files.rules.iter_mut().find(|(name, _)| name == "2026.toml").unwrap();
    *text = text
        .replacen("\"address + meter\"", "\"address\"", 1)
        .replacen("kin = [\"parent\"]", "kin = [\"uncle\"]", 1)
        .replacen("\"guardianship\"", "\"hearsay\"", 1)
        .replacen("relation = \"sibling\"", "relation = \"other\"", 1);
    let (content, found) = crate::CoreContent::read(&files);
    assert!(content.is_none());
    let found = found.to_string();
    for expected in [
        "\"address\" alone proves nobody",
        "must be among spouse, child",
        "\"hearsay\" is not of notary",
        "relation: given twice",
        "the relation \"sibling\" is missing",
    ] {
        assert!(found.contains(expected), "{expected} is missing in\n{found}");
    }
    assert!(found.lines().all(|line| line.starts_with("2026.toml:")), "{found}");
}

on_each_database!(
    g14_five_unrelated_fins_typed_as_other_raise_no_award,
    q1_a_strangers_fin_tells_nothing_of_the_stranger,
    q1_neighbours_of_a_hostel_are_no_family_by_its_roof,
    q1_a_foster_child_counts_by_guardianship,
    q1_a_couple_without_a_marriage_on_record_counts_by_roof_and_meter,
    q1_a_grandmother_counts_with_her_grandchild,
    q1_two_brothers_count_and_a_third_by_word_alone_does_not,
    q1_who_is_left_out_is_a_mismatch,
    q1_a_question_without_an_answer_proves_nobody,
);
