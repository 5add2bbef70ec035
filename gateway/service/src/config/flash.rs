//! Which notices an operator's phones are shown on the screen, ahead of their texts.

use super::Profile;
use dayaq_author::Table;
use dayaq_core_api::catalogue::NOTICES;

/// One kind of notice that is shown on the screen, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlashRule {
    /// The notice's key, such as `card-ready`.
    pub notice: String,
    /// The dial string whose first screen is pushed as a menu; `None` for a notification.
    pub opens: Option<String>,
}

/// Reads `flash`, an array of tables; absent, nothing is pushed.
pub(super) fn read(operator: &Table<'_>, profile: Option<&Profile>) -> Vec<FlashRule> {
    let mut rules: Vec<FlashRule> = Vec::new();
    for table in operator.tables("flash") {
        let notice = table.parse("notice", |text| {
            let known = NOTICES.iter().any(|notice| notice.key == text);
            let keys = || NOTICES.iter().map(|notice| notice.key).collect::<Vec<_>>().join(", ");
            known.then(|| text.to_owned()).ok_or_else(|| format!("must be one of {}, found {text:?}", keys()))
        });
        let opens = table.opt_parse("opens", |text| {
            let dialled = text.starts_with('*') && text.ends_with('#') && text.len() > 2;
            let fine = dialled && text.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#');
            fine.then(|| text.to_owned()).ok_or_else(|| format!("must look like *7142*2#, found {text:?}"))
        });
        if let Some(push) = profile.map(|profile| profile.dialect.push) {
            let able = if opens.is_some() { push.menu.or(push.notify) } else { push.notify };
            if able.is_none() {
                table.error_here("the operator's profile has no [ussd.push] to do it by");
            }
        }
        table.finish();
        if let Some(notice) = notice {
            if rules.iter().any(|rule| rule.notice == notice) {
                operator.error("flash", format!("{notice} stands there twice"));
            }
            rules.push(FlashRule { notice, opens });
        }
    }
    rules
}
