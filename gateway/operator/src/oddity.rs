//! What is not quite right with PDUs of an operator that can be read all the same.

use dayaq_smpp::{CommandId, Forgiven, Problem};

/// Says each, and what became of it.
pub(crate) fn oddities(command_id: CommandId, forgiven: &Forgiven) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(tag) = forgiven.overrun {
        let overruns = Problem::Overrun;
        found.push(format!("{command_id}: {tag:?} {overruns}; what stands before it was taken"));
    }
    for (is_so, what) in [
        (forgiven.nuls > 0, "has NULs after its end; they were passed over"),
        (forgiven.no_nul, "ends in a string without its NUL; it was taken to the end"),
        (forgiven.doubled_text, "has the same text in short_message and message_payload; it was taken once"),
    ] {
        if is_so {
            found.push(format!("{command_id} {what}"));
        }
    }
    found
}
