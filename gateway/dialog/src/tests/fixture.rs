use std::collections::BTreeSet;

use dayaq_author::{Place, Position};

use crate::{
    Arg, Book, Catalogue, Item, Kind, Language, List, NoticeSpec, Operation, OutcomeSpec, Source, Sources, compile,
};

pub(super) const TYPES: &str = r#"
[type.fin]
strip = " -"
upper = true
silent = { "А" = "A", "В" = "B", "Е" = "E", "Т" = "T" }
confirm = { "O" = "0", "О" = "0" }
ask = ["I"]
pattern = "^[0-9A-HJ-NP-Z]{7}$"
[type.notary]
pattern = "^[0-9]{4,12}$"
[widest]
reference = "2026-000123"
[numbers]
"1" = ["bir", "один", "one"]
"2" = ["iki", "два", "two"]
[answers]
yes = ["hə", "bəli", "düz", "düzdür", "да", "ага", "верно", "всё верно", "yes", "correct", "ok", "okay", "var"]
no = ["yox", "xeyr", "düz deyil", "səhvdir", "нет", "неверно", "не верно", "no", "nope", "wrong", "not correct"]
neither = ["bilmirəm", "не", "maybe", "not"]
[languages]
az = ["az", "aze", "azərbaycanca", "azərbaycan dili", "azərbaycan dilində", "азербайджанский", "azerbaijani"]
ru = ["ru", "rus", "русский", "русский язык", "по-русски", "на русском", "rusca", "rus dili", "russian"]
en = ["en", "eng", "english", "ingilis", "ingilis dili", "ingiliscə", "английский", "по-английски"]
"#;

pub(super) const MENU: &str = r#"
[dialog]
id = "menu"
codes = ["*7142#"]
start = "open"
[state.open]
kind = "route"
rules = [{ if = "language", next = "main" }]
next = "language"
[state.language]
kind = "choice"
pages = 2
next = "main"
options = [
  { key = "1", name = "az", language = "az" },
  { key = "2", name = "ru", language = "ru" },
  { key = "3", name = "en", language = "en" },
]
[state.main]
kind = "choice"
pages = 2
options = [
  { key = "1", name = "apply", next = "apply" },
  { key = "2", name = "status", next = "status" },
  { key = "3", name = "language", next = "language" },
]
[state.apply]
kind = "run"
run = "apply"
[state.status]
kind = "call"
operation = "status"
args = {}
on = { found = "stage", none = "none", slow = "none", error = "none" }
[state.stage]
kind = "end"
[state.none]
kind = "end"
"#;

pub(super) const APPLY: &str = r#"
[dialog]
id = "apply"
start = "fin"
resume = true
[state.fin]
kind = "text"
type = "fin"
save = "fin"
section = "applicant"
next = "has-notary"
[state.has-notary]
kind = "choice"
options = [
  { key = "1", name = "yes", means = "yes", next = "notary" },
  { key = "2", name = "none-yet", means = "no", next = "members" },
]
[state.notary]
kind = "text"
type = "notary"
save = "notary"
next = "members"
[state.members]
kind = "group"
pages = 2
run = "member"
save = "members"
unique = "fin"
except = "$fin"
max = 3
next = "region"
[state.region]
kind = "list"
pages = 2
list = "regions"
save = "region"
next = "district"
[state.district]
kind = "list"
pages = 6
list = "districts"
parent = "region"
save = "district"
next = "review"
[state.review]
kind = "choice"
pages = 12
options = [{ key = "1", name = "send", next = "send" }, { key = "2", name = "cancel", next = "home" }]
[state.send]
kind = "call"
operation = "submit"
args = { fin = "$fin", notary = "$notary", members = "$members", district = "$district" }
on = { registered = "done", refused = "cannot", slow = "recorded", error = "not-yet" }
[state.done]
kind = "end"
[state.cannot]
kind = "end"
[state.recorded]
kind = "end"
[state.not-yet]
kind = "end"
pages = 5
"#;

pub(super) const MEMBER: &str = r#"
[dialog]
id = "member"
start = "fin"
[state.fin]
kind = "text"
type = "fin"
save = "fin"
next = "relation"
[state.relation]
kind = "choice"
save = "relation"
next = "return"
options = [{ key = "1", name = "child" }, { key = "2", name = "spouse" }]
"#;

pub(super) const AZ: &str = r#"
shell-again = Yenidən başla
shell-back = Geri
shell-choose = Yoxdur.
shell-confirm = { $value } – düzdür?
shell-continue = Davam et
shell-ended = Xidmət dayandı. 142
shell-help = Kömək: 142, pulsuz.
shell-home = Menyu
shell-incomplete = Tam gəlmədi.
shell-usage = *100#
shell-news = Xəbər:
shell-next = Davamı
shell-no = Xeyr
shell-none = yoxdur
shell-restarted = Xidmət yeniləndi.
shell-resume = Ərizə yarımçıq qalıb.
shell-retry = Yenidən yaz
shell-unreadable = Oxunmadı.
shell-unseen = Ardı var.
shell-yes = Bəli
stage-evidence = Yoxlanılır
stage-granted = Təyin olunub
notice-outcome = Məbləğ: { $amount }, { $until } tarixinədək. Pulsuzdur. 142
menu-language = Dil / Язык / Language
    .opt-az = Azərbaycan
    .opt-ru = Русский
    .opt-en = English
menu-main = Xidmətlər
    .opt-apply = Müraciət
    .opt-status = Müraciətim
    .opt-language = Dil
menu-stage = Mərhələ: { $status-stage }
menu-none = Müraciət tapılmadı.
apply-fin = FİN-i yazın:
    .error = FİN 7 işarədir.
    .ask = { $position }-ci işarə «{ $letter }» ola bilməz.
apply-has-notary = Notariat nömrəsi var?
    .opt-yes = Var
    .opt-none-yet = Hələ yox
apply-notary = Notariat nömrəsini yazın:
    .error = Rəqəmlərlə yazın.
apply-members = Ailə üzvləri: { $members-count }
    .add = Əlavə et
    .done = Hamısıdır
    .remove = Sil
    .which = Kimi silək?
    .item = { $fin } { $relation }
    .duplicate = Bu FİN artıq var.
apply-region = Region:
apply-district = Rayon:
apply-review = FİN { $fin }, notariat { $notary }, üzv { $members-count }, { $district }
    .opt-send = Göndər
    .opt-cancel = Ləğv et
apply-done = Qeydə alındı: { $send-reference }
apply-cannot = Qəbul olunmadı.
apply-recorded = Yazıldı, SMS gələcək.
apply-not-yet = Hələ qeydə alınmadı, cavablar saxlanıldı.
member-fin = Üzvün FİN-i:
    .error = FİN 7 işarədir.
    .ask = { $position }-ci işarə «{ $letter }» ola bilməz.
member-relation = { $fin } kimdir?
    .opt-child = Uşaq
    .opt-spouse = Həyat yoldaşı
"#;

pub(super) fn sources() -> Sources {
    let dialogs = [("types", TYPES), ("menu", MENU), ("apply", APPLY), ("member", MEMBER)]
        .map(|(name, text)| Source { path: format!("dialogs/{name}.toml"), text: text.to_owned() });
    // The same words in three languages, marked, so that a test sees which language spoke.
    let marked = |mark: &str| {
        let shown = |line: &str| match line.split_once(" = ") {
            Some((key, text)) => format!("{key} = {text}{mark}\n"),
            None => format!("{line}\n"),
        };
        AZ.lines().map(shown).collect::<String>()
    };
    let locales = vec![
        (Language::Az, Source { path: "locales/az/all.ftl".into(), text: AZ.into() }),
        (Language::Ru, Source { path: "locales/ru/all.ftl".into(), text: marked("я") }),
        (Language::En, Source { path: "locales/en/all.ftl".into(), text: marked("!") }),
    ];
    let item = |id: &str, parent: Option<&str>| Item {
        id: id.to_owned(),
        parent: parent.map(ToOwned::to_owned),
        label: [format!("{id} rayonu"), format!("{id} район"), format!("{id} district")],
        places: [1, 2, 3]
            .map(|line| Place { position: Position { line, column: 1 }, ..Place::file("config/places.toml") }),
    };
    let regions = List { name: "regions".into(), items: vec![item("baki", None), item("lenkeran", None)] };
    let many = (1..=12).map(|n| item(&format!("astara-{n}"), Some("lenkeran")));
    let districts = std::iter::once(item("sabail", Some("baki"))).chain(many).collect();
    let lists = vec![regions, List { name: "districts".into(), items: districts }];
    let notices = vec![NoticeSpec {
        key: "outcome".into(),
        args: vec![Arg::required("amount", Kind::Money), Arg::optional("until", Kind::Date)],
    }];
    Sources { dialogs: dialogs.to_vec(), locales, catalogue: catalogue(), lists, notices, lines: Vec::new() }
}

/// Compiles what has a fault, and finds it told.
#[track_caller]
pub(super) fn expect_fault(sources: &Sources, wanted: &str) {
    let (book, diagnostics) = compile(sources);
    let found: Vec<String> = diagnostics.sorted().iter().map(ToString::to_string).collect();
    assert!(book.is_none() && found.iter().any(|line| line.contains(wanted)), "expected {wanted:?}, found {found:#?}");
}

pub(super) fn catalogue() -> Catalogue {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let outcome = |name: &str, args: Vec<Arg>| OutcomeSpec { name: name.to_owned(), args };
    let member = vec![
        Arg::required("fin", Kind::Text),
        Arg::required("relation", Kind::Choice(names(&["child", "spouse", "parent"]))),
    ];
    let submit = Operation {
        name: "submit".into(),
        writes: true,
        args: vec![
            Arg::required("fin", Kind::Text),
            Arg::optional("notary", Kind::Text),
            Arg::required("members", Kind::Records(member)),
            Arg::required("district", Kind::Item("districts".into())),
        ],
        outcomes: vec![
            outcome("registered", vec![Arg::required("reference", Kind::Text)]),
            outcome("refused", Vec::new()),
        ],
    };
    let stage = Kind::Term { family: "stage".into(), values: names(&["evidence", "granted"]) };
    let status = Operation {
        name: "status".into(),
        writes: false,
        args: Vec::new(),
        outcomes: vec![outcome("found", vec![Arg::required("stage", stage)]), outcome("none", Vec::new())],
    };
    Catalogue { operations: vec![submit, status] }
}

#[track_caller]
pub(super) fn book(sources: &Sources) -> Book {
    let (book, diagnostics) = compile(sources);
    assert!(diagnostics.is_empty(), "{diagnostics}");
    book.expect("a book")
}

/// Changes the first such place of one file.
#[track_caller]
pub(super) fn edit(sources: &mut Sources, file: &str, from: &str, to: &str) {
    let dialogs = sources.dialogs.iter_mut();
    let locales = sources.locales.iter_mut().map(|(_, source)| source);
    let source = dialogs.chain(locales).find(|source| source.path == file).expect("a file");
    assert!(source.text.contains(from), "{from:?} is not in {file}");
    source.text = source.text.replacen(from, to, 1);
}
