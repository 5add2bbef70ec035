use crate::{Date, Diagnostics, Document, LineIndex, Position, Scalar, closest, parse, utf8};

fn read(text: &str) -> (Document, Diagnostics) {
    parse("config/dayaq.toml", text)
}

fn lines(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.sorted().iter().map(ToString::to_string).collect()
}

#[test]
fn every_fault_is_reported_with_its_line_and_not_only_the_first() {
    let (document, diagnostics) = read("name = 3\n\n[gateway]\nwindow = 5000\nport = \"x\"\nrate = true\n");
    let root = document.root(&diagnostics);
    assert_eq!(root.string("name"), None);
    let gateway = root.table("gateway").expect("table");
    assert_eq!(gateway.integer("window", 1..=1000u32), None);
    assert_eq!(gateway.integer("port", 1..=65535u16), None);
    assert_eq!(gateway.float("rate"), None);
    assert_eq!(gateway.string("host"), None);
    gateway.finish();
    root.finish();
    assert_eq!(
        lines(&diagnostics),
        [
            "config/dayaq.toml:1:8: error: name: must be a string, found an integer",
            "config/dayaq.toml:3:2: error: gateway.host: missing",
            "config/dayaq.toml:4:10: error: gateway.window: must be 1 to 1000, found 5000",
            "config/dayaq.toml:5:8: error: gateway.port: must be an integer, found a string",
            "config/dayaq.toml:6:8: error: gateway.rate: must be a number, found a boolean",
        ]
    );
    assert!(diagnostics.has_errors());
}

#[test]
fn broken_syntax_is_reported_on_its_line_and_the_rest_is_still_read() {
    let (document, diagnostics) = read("good = \"one\"\nbad = = 2\nworse = [1,\nlast = \"two\"\n");
    let root = document.root(&diagnostics);
    assert_eq!(root.string("good").as_deref(), Some("one"));
    let found = diagnostics.sorted();
    assert!(found.iter().any(|fault| fault.line == 2), "{diagnostics}");
    assert!(found.iter().any(|fault| fault.line >= 3), "{diagnostics}");
}

#[test]
fn a_duplicate_key_is_a_fault() {
    let (_, diagnostics) = read("a = 1\na = 2\n");
    assert_eq!(diagnostics.sorted().len(), 1);
    assert_eq!(diagnostics.sorted()[0].line, 2);
}

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    let (document, diagnostics) = read("[state.fin]\nnxet = \"a\"\nkind = \"text\"\nzzzz = 1\n");
    let root = document.root(&diagnostics);
    for (name, state) in root.entries("state") {
        assert_eq!(name, "fin");
        state.string("kind");
        state.opt_string("next");
        state.finish();
    }
    root.finish();
    assert_eq!(
        lines(&diagnostics),
        [
            "config/dayaq.toml:2:1: error: state.fin.nxet: unknown key, did you mean \"next\"?",
            "config/dayaq.toml:4:1: error: state.fin.zzzz: unknown key",
        ]
    );
}

#[test]
fn tables_come_in_the_order_of_the_file() {
    let (document, diagnostics) = read("[state.zebra]\n[state.apple]\n[state.\"*7142#\"]\n");
    let root = document.root(&diagnostics);
    let names: Vec<String> = root.entries("state").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["zebra", "apple", "*7142#"]);
    let places: Vec<String> = root.entries("state").into_iter().map(|(_, table)| table.place().key).collect();
    assert_eq!(places, ["state.zebra", "state.apple", "state.\"*7142#\""]);
}

#[test]
fn arrays_of_tables_and_strings_know_the_place_of_each_item() {
    let (document, diagnostics) =
        read("codes = [\"*1#\", 2]\n[[option]]\nkey = \"1\"\n[[option]]\nkey = 2\n[args]\nfin = \"$fin\"\nn = 7\n");
    let root = document.root(&diagnostics);
    assert_eq!(root.strings("codes"), ["*1#"]);
    let keys: Vec<Option<String>> = root.tables("option").iter().map(|option| option.string("key")).collect();
    assert_eq!(keys, [Some("1".to_owned()), None]);
    let args = root.string_map("args");
    assert_eq!((args[0].0.as_str(), args[0].1.as_str(), args[0].2.position.line), ("fin", "$fin", 7));
    assert_eq!(
        lines(&diagnostics),
        [
            "config/dayaq.toml:1:17: error: codes[1]: must be a string, found an integer",
            "config/dayaq.toml:5:7: error: option[1].key: must be a string, found an integer",
            "config/dayaq.toml:8:5: error: args.n: must be a string, found an integer",
        ]
    );
}

#[test]
fn dates_are_bare_days_that_exist() {
    let (document, diagnostics) = read("from = 2026-02-28\nat = 2026-02-28T10:00:00Z\nnever = 2026-02-30\n");
    let root = document.root(&diagnostics);
    assert_eq!(root.date("from"), Some(Date { year: 2026, month: 2, day: 28 }));
    assert_eq!(root.date("at"), None);
    assert_eq!(root.date("never"), None);
    let faults: Vec<usize> = diagnostics.sorted().iter().map(|fault| fault.line).collect();
    assert!(faults.contains(&2) && faults.contains(&3), "{diagnostics}");
}

#[test]
fn names_are_chosen_from_a_list() {
    let (document, diagnostics) = read("kind = \"txt\"\nform = \"plain\"\n");
    let root = document.root(&diagnostics);
    assert_eq!(root.one_of("kind", &[("text", 1), ("choice", 2)]), None);
    assert_eq!(root.one_of_or("form", &[("plain", 1), ("proper", 2)], 2), 1);
    assert_eq!(root.one_of_or("other", &[("plain", 1), ("proper", 2)], 2), 2);
    assert_eq!(lines(&diagnostics), ["config/dayaq.toml:1:8: error: kind: must be one of text, choice, found \"txt\""]);
}

#[test]
fn a_later_check_can_point_at_a_key() {
    let (document, diagnostics) = read("a = 1\n[state.fin]\n  next = \"nowhere\"\n");
    let root = document.root(&diagnostics);
    let (_, fin) = root.entries("state").remove(0);
    let found = fin.at("next").warning("no such state").to_string();
    assert_eq!(found, "config/dayaq.toml:3:10: warning: state.fin.next: no such state");
    assert!(!diagnostics.has_errors());
}

#[test]
fn columns_count_characters() {
    let index = LineIndex::new("ab\nəğı = \"x\"");
    assert_eq!(index.position("ab\nəğı".len()), Position { line: 2, column: 4 });
    assert_eq!(index.position(4), Position { line: 2, column: 1 });
    assert_eq!(index.position(9999), Position { line: 2, column: 10 });
    assert_eq!(LineIndex::new("").position(0), Position { line: 1, column: 1 });
}

#[test]
fn equal_findings_are_printed_once_in_the_order_of_lines() {
    let (document, diagnostics) = read("b = 1\na = 2\n");
    let root = document.root(&diagnostics);
    root.error("a", "second");
    root.error("b", "first");
    root.error("b", "first");
    assert_eq!(
        diagnostics.to_string(),
        "config/dayaq.toml:1:5: error: b: first\nconfig/dayaq.toml:2:5: error: a: second\n"
    );
}

#[test]
fn a_slip_of_the_pen_is_close_and_another_word_is_not() {
    assert_eq!(closest("nxet", ["next", "text"]), Some("next"));
    assert_eq!(closest("id", ["kind", "by"]), None);
    assert_eq!(closest("enquire_ms", ["enquire_link_ms", "enquires_ms"]), Some("enquires_ms"));
}

#[test]
fn numbers_beyond_64_bits_are_refused_where_they_stand() {
    let (_, diagnostics) = read("a = 99999999999999999999\n");
    assert_eq!(lines(&diagnostics), ["config/dayaq.toml:1:5: error: a: number does not fit 64 bits"]);
}

#[test]
fn an_octet_that_is_not_utf_8_is_named_with_its_line() {
    assert_eq!(utf8("az.ftl", "menu = Kömək\n".into()), Ok("menu = Kömək\n".to_owned()));
    let latin_1 = b"menu = K\xC3\xB6m\nhelp = K\xC3\xB6\xF6k\n".to_vec();
    let fault = utf8("az.ftl", latin_1).expect_err("ISO 8859-1");
    assert_eq!(fault.to_string(), "az.ftl:2:10: error: the octet 0xF6 is not UTF-8; save the file as UTF-8");
}

#[test]
fn a_table_of_single_values_is_read_in_its_order_and_names_what_is_none() {
    let (document, diagnostics) = read("[end]\nType = \"release\"\nkeep = false\nlevel = 3\nmore = [1]\n");
    let root = document.root(&diagnostics);
    let values: Vec<(String, Scalar)> = root.scalars("end").into_iter().map(|(name, value, _)| (name, value)).collect();
    let expected = [
        ("Type", Scalar::String("release".to_owned())),
        ("keep", Scalar::Boolean(false)),
        ("level", Scalar::Integer(3)),
    ];
    assert_eq!(values, expected.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(
        lines(&diagnostics),
        ["config/dayaq.toml:5:8: error: end.more: must be a string, an integer or a boolean, found an array"]
    );
    assert!(root.scalars("nothing").is_empty());
}
