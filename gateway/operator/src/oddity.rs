//! What is not quite right with PDUs of an operator that can be read all the same.

use dayaq_smpp::Forgiven;

/// Says each as it goes on after "PDUs that".
pub(crate) fn oddities(forgiven: &Forgiven) -> Vec<String> {
    let mut found = Vec::new();
    if forgiven.nuls > 0 {
        found.push("end with NULs that do not belong there, which are dropped".to_owned());
    }
    if let Some(tag) = forgiven.overrun {
        found.push(format!("have a last parameter, {tag:?}, that runs past their end, which is dropped"));
    }
    if forgiven.no_nul {
        found.push("have a last string without its NUL, which is taken to their end".to_owned());
    }
    if forgiven.doubled_text {
        found.push("carry their text twice, as short_message and as message_payload".to_owned());
    }
    found
}
