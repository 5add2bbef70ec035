use super::fixture::{PASSWORD, PHONE, operator, order, run, shipped};
use crate::probe::{html, terminal};

/// Elements that have no end.
const VOID: [&str; 3] = ["meta", "input", "br"];

/// Every element of a page, which must be well-formed: each begun is ended, in order, and no letter is a stray bracket.
fn elements(page: &str) -> Vec<String> {
    let (mut open, mut all): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a page");
    while let Some(at) = rest.find('<') {
        assert!(
            !rest[..at].contains('>') || open.last().is_some_and(|it| it == "style"),
            "a stray bracket: {rest:.80}"
        );
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name)),
            None => {
                let name = tag.split(' ').next().unwrap_or_default().to_owned();
                all.push(tag.to_owned());
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
        }
    }
    assert_eq!(open, [""; 0]);
    all
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn s14_the_report_is_one_sound_page_that_tells_neither_password_nor_number() {
    let profile = shipped("dialogue-id");
    let mut config = operator(&profile);
    config.system_id = "<script>'\"&\u{1b}".to_owned();
    let report = run(config, |smsc| order(&profile, smsc)).await;
    let page = html(&report);
    let elements = elements(&page);
    for wanted in ["h1", "table", "details", "section class=\"signatures\""] {
        assert!(elements.iter().any(|it| it == wanted), "{wanted}");
    }
    assert!(!elements.iter().any(|it| it.starts_with("script") || it.starts_with("link") || it.starts_with("img")));
    assert!(!page.contains("http") && !page.contains("url(") && !page.contains("@import"), "it needs nothing else");
    assert!(page.contains("&lt;script&gt;"), "the SMSC's name is there, as text");
    let terminal = terminal(&report, false);
    assert!(!terminal.chars().any(|it| it.is_control() && it != '\n'), "{terminal:?}");
    for said in [&page, &terminal] {
        for secret in [
            PASSWORD,
            PHONE,
            &PHONE[3..],
            &hex(PASSWORD.as_bytes()),
            &hex(PHONE.as_bytes()),
            &hex(&PHONE.as_bytes()[3..]),
        ] {
            assert!(!said.contains(secret), "{secret}");
        }
        assert!(said.contains("…4567"));
    }
    // The digits that stay, and those before them as blots.
    assert!(page.contains(&format!("{}{}", ".. ".repeat(8), hex(b"4567"))));
    assert!(page.contains("bind_transceiver") && page.contains("submit_sm_resp"));
    if let Some(path) = std::env::var_os("DAYAQ_REPORT_TO") {
        std::fs::write(path, page).expect("a file");
    }
}
