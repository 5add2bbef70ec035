//! The figures on `/metrics`: each name with its kind, its unit and what it tells, in one table.
//!
//! Names follow Prometheus: counters end in `_total`, what has a unit ends in it.

use anyhow::Context;
use metrics::Unit;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One figure.
struct Figure {
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
}

const fn counter(name: &'static str, help: &'static str) -> Figure {
    Figure { name, kind: Kind::Counter, unit: Unit::Count, help }
}

const fn gauge(name: &'static str, unit: Unit, help: &'static str) -> Figure {
    Figure { name, kind: Kind::Gauge, unit, help }
}

const fn histogram(name: &'static str, unit: Unit, help: &'static str) -> Figure {
    Figure { name, kind: Kind::Histogram, unit, help }
}

/// Upper bounds of the buckets for times, in seconds. No phone waits longer than two for its screen where sessions are away.
const SECONDS: [f64; 13] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0];
/// Upper bounds of the buckets for counts.
const COUNTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Every figure there is, by name.
const FIGURES: &[Figure] = &[
    counter("dayaq_arrivals_unreadable_total", "Delivered messages that nobody could make sense of."),
    counter("dayaq_callbacks_total", "Requests of aggregators, by aggregator and HTTP status."),
    counter("dayaq_calls_finished_total", "Recorded calls of the core that were carried out."),
    gauge(
        "dayaq_calls_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest recorded call that is not carried out; 0 where there is none.",
    ),
    counter("dayaq_calls_panicked_total", "Recorded calls that panicked; each is put aside with its cause."),
    counter("dayaq_calls_recorded_total", "Calls of the core that were recorded to be carried out later."),
    counter("dayaq_clock_jumps_total", "Times that the machine's clock was set."),
    counter(
        "dayaq_core_cards_need_attention_total",
        "Answers of the bank that time alone will not heal: somebody has to look.",
    ),
    counter("dayaq_core_cards_ordered_total", "Cards that were ordered."),
    counter("dayaq_core_cards_ready_total", "Cards that the bank has said to be ready."),
    counter("dayaq_core_completions_total", "Notary's numbers that were given alone, by outcome."),
    counter("dayaq_core_contested_total", "Times that somebody was found to count in another family's award."),
    gauge("dayaq_core_days_covered", Unit::Count, "Days that rules, calendar and norms still reach, by which of them."),
    counter("dayaq_core_deadline_alarms_total", "Applications whose deadline for a decision came near."),
    counter("dayaq_core_decisions_total", "Decisions, by outcome."),
    counter("dayaq_core_jobs_panicked_total", "Jobs that panicked, by kind; each is put aside with its cause."),
    gauge("dayaq_core_jobs_waiting", Unit::Count, "Jobs that are not done."),
    counter(
        "dayaq_core_request_failures_total",
        "Requests to institutions and bank that brought nothing, by institution and cause.",
    ),
    counter("dayaq_core_submissions_total", "Applications that were handed in, by outcome."),
    gauge(
        "dayaq_core_undecided_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest application that is registered and not decided; 0 where there is none.",
    ),
    counter(
        "dayaq_core_waiting_for_proof_total",
        "Times that a decision waited because nothing proves a declared member.",
    ),
    counter("dayaq_core_waiting_for_rules_total", "Times that an application waited because no rules govern its day."),
    counter("dayaq_flashes_confirmed_total", "Pushed screens that phones confirmed."),
    counter("dayaq_flashes_total", "Screens pushed ahead of a text, by result."),
    counter("dayaq_http_connections_refused_total", "HTTP connections refused because all were busy, by listener."),
    counter("dayaq_mo_duplicate_total", "Texts that an operator delivered again; they are taken once."),
    counter("dayaq_neutral_ends_total", "Radio sessions that were ended with the neutral words."),
    counter(
        "dayaq_news_told_total",
        "Outcomes told at a phone's next contact because their text may not have arrived.",
    ),
    counter("dayaq_notices_refused_total", "Notices to numbers that are never sent to."),
    counter("dayaq_notices_without_words_total", "Times that a notice could not be put into words."),
    counter("dayaq_parts_unwatched_total", "Phones that wait for parts of a text beyond those that are looked after."),
    counter("dayaq_pending_passes_failed_total", "Looks at the recorded calls that failed."),
    counter("dayaq_push_passes_failed_total", "Looks at notices and texts that failed."),
    counter("dayaq_questions_repeated_total", "Questions sent again because the text before may have been a repeat."),
    counter("dayaq_receipt_conflicts_total", "Delivery receipts that contradict an earlier final one."),
    counter("dayaq_receipts_by_words_total", "Texts of phones that have the words of a delivery receipt."),
    counter(
        "dayaq_receipts_total",
        "Delivery receipts that were recorded, by operator and state: DELIVRD, UNDELIV and so on.",
    ),
    counter("dayaq_receipts_without_id_total", "Delivery receipts that name no message."),
    counter("dayaq_redis_faults_total", "What Redis answered in place of a result, by code and by what followed."),
    counter("dayaq_redis_reconnects_total", "Connections to Redis that were made anew."),
    counter(
        "dayaq_registrations_not_remembered_total",
        "Registrations that the gateway could not note against a core restored from an older copy.",
    ),
    counter("dayaq_replies_outlived_total", "Replies that were not sent because a later one was kept."),
    counter("dayaq_screens_departed_total", "Screens that were not sent because their phone had hung up."),
    counter("dayaq_screens_total", "Screens handed to an operator, by bind and result."),
    counter(
        "dayaq_segments_dead_total",
        "Segments of texts that an operator refused for good, by operator and status.",
    ),
    counter("dayaq_segments_total", "Segments of texts handed to a bind, by bind."),
    counter("dayaq_session_conflicts_total", "Saves of a session over which somebody else was first."),
    counter("dayaq_session_quarantined_total", "Stored sessions that could not be read; they begin anew."),
    counter("dayaq_session_store_errors_total", "Operations of the session store that failed."),
    counter("dayaq_session_store_repeats_total", "Operations of the session store that were made again."),
    counter("dayaq_sessions_revived_total", "Sessions that came back older than what their phone was shown."),
    counter("dayaq_smpp_bad_bodies_total", "PDUs whose body was broken, by bind."),
    counter("dayaq_smpp_binds_refused_total", "Binds that an SMSC refused, by bind and status."),
    gauge("dayaq_smpp_bound", Unit::Count, "1 while the connection is bound, by bind."),
    counter("dayaq_smpp_forgiven_total", "Odd PDUs that were taken all the same, by bind and fault."),
    counter("dayaq_smpp_late_responses_total", "Responses after their time, by bind."),
    counter("dayaq_smpp_links_lost_total", "Connections that were lost, by bind."),
    counter("dayaq_smpp_outbind_refused_total", "Connections to our door without the expected outbind, by operator."),
    counter("dayaq_smpp_probes_total", "enquire_link that we sent, by bind."),
    counter("dayaq_smpp_refused_requests_total", "Requests refused because of the link's state or a bound, by bind."),
    gauge(
        "dayaq_smpp_segments_per_second",
        Unit::CountPerSecond,
        "The rate at which segments may leave at this moment, by bind.",
    ),
    counter("dayaq_smpp_throttled_total", "Requests of ours that an SMSC throttled, by bind."),
    counter("dayaq_smpp_unknown_responses_total", "Responses to nothing that we asked, by bind."),
    histogram("dayaq_sqlite_batch_changes", Unit::Count, "Changes that one commit of an SQLite file carried."),
    counter(
        "dayaq_store_connections_closed_total",
        "Connections to PostgreSQL that were closed because their work had not come to its end.",
    ),
    counter("dayaq_store_quarantined_total", "Stored values that did not open."),
    counter("dayaq_store_repeats_total", "Changes that were made once more because their answer was in doubt."),
    counter("dayaq_store_retries_total", "Changes that PostgreSQL asked to be made again, by SQLSTATE."),
    counter("dayaq_store_server_changes_total", "Times that another PostgreSQL server took the changes."),
    histogram("dayaq_sweep_bite_seconds", Unit::Seconds, "What one bite of a sweep took, by store and kind of data."),
    gauge(
        "dayaq_sweep_overdue_seconds",
        Unit::Seconds,
        "How long the oldest row that is past its time has been so, by store and kind of data.",
    ),
    counter("dayaq_swept_rows_total", "Rows that were erased because their time was over, by store and kind of data."),
    gauge("dayaq_tasks", Unit::Count, "Tasks of the process that are alive."),
    counter("dayaq_texts_ended_total", "Texts that have ended, by end: sent, dead, expired or unknown."),
    counter("dayaq_texts_ignored_total", "Texts that no person wrote; they are not answered."),
    counter("dayaq_texts_in_total", "Texts that phones wrote."),
    gauge(
        "dayaq_texts_oldest_seconds",
        Unit::Seconds,
        "Age of the oldest text that is owed and has not ended; 0 where there is none.",
    ),
    counter("dayaq_texts_unanswered_total", "Texts of phones that have had their share, which were not answered."),
    counter("dayaq_texts_warned_total", "Phones that were told that they have had their share."),
    counter("dayaq_turn_conflicts_total", "Turns that were stepped again over somebody else's write."),
    histogram(
        "dayaq_turn_seconds",
        Unit::Seconds,
        "How long a turn took, from its phone's place in the queue to the reply, by channel.",
    ),
    counter("dayaq_turns_limited_total", "Turns of phones beyond their share of replies."),
    counter("dayaq_turns_panicked_total", "Turns that panicked; their phones were let go politely."),
    counter("dayaq_turns_repeated_total", "Turns that came again; their stored reply was sent again."),
    counter("dayaq_turns_shed_total", "Turns for which there was no place; the operator brings them again."),
    counter("dayaq_turns_total", "Turns that were taken."),
    gauge("dayaq_turns_under_way", Unit::Count, "Turns under way at this moment."),
    counter(
        "dayaq_ussd_events_total",
        "What phones and networks did with radio sessions, by event: begin, continue, abort, timeout.",
    ),
    counter("dayaq_ussd_faults_total", "USSD turns with a fault of the operator's, by fault."),
    counter("dayaq_worker_ends_total", "Times that a worker ended or panicked and was started again, by worker."),
    gauge("process_max_fds", Unit::Count, "Files that the process may open."),
    gauge("process_open_fds", Unit::Count, "Files that the process has open."),
    gauge("process_resident_memory_bytes", Unit::Bytes, "Memory that the process holds."),
];

/// Starts counting, and describes every figure.
pub fn start() -> anyhow::Result<PrometheusHandle> {
    let builder = PrometheusBuilder::new()
        .set_buckets(&COUNTS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS));
    let handle = builder.and_then(PrometheusBuilder::install_recorder).context("starting the metrics")?;
    for Figure { name, kind, unit, help } in FIGURES {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *unit, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *unit, *help),
            Kind::Histogram => metrics::describe_histogram!(*name, *unit, *help),
        }
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// What begins a name in a source.
    const BEGINNINGS: [&str; 2] = ["\"dayaq_", "\"process_"];

    /// The names that the sources below a folder count under.
    fn named_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named_in(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("cli/src/figures.rs")
            {
                let source = std::fs::read_to_string(&path).unwrap();
                for beginning in BEGINNINGS {
                    for (at, _) in source.match_indices(beginning) {
                        let name: String =
                            source[at + 1..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                        // Folders, crates and schemas are named so, too.
                        let counted = ["counter!(", "gauge!(", "histogram!(", "counter(", "process("];
                        if counted.iter().any(|call| source[..at].trim_end().ends_with(call)) {
                            found.insert(name);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_name_that_is_counted_is_in_the_table_and_no_other() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut counted = BTreeSet::new();
        for part in ["gateway", "core"] {
            for entry in std::fs::read_dir(root.join(part)).unwrap() {
                let sources = entry.unwrap().path().join("src");
                if sources.is_dir() {
                    named_in(&sources, &mut counted);
                }
            }
        }
        let known: BTreeSet<String> = FIGURES.iter().map(|figure| figure.name.to_owned()).collect();
        assert_eq!(known.len(), FIGURES.len(), "a name stands there twice");
        let missing: Vec<_> = counted.difference(&known).collect();
        assert!(missing.is_empty(), "counted and not in the table: {missing:?}");
        let idle: Vec<_> = known.difference(&counted).collect();
        assert!(idle.is_empty(), "in the table and never counted: {idle:?}");
    }

    #[test]
    fn names_follow_the_conventions_and_every_help_is_a_sentence() {
        for Figure { name, kind, unit, help } in FIGURES {
            assert_eq!(*kind == Kind::Counter, name.ends_with("_total"), "{name}");
            assert!(name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_'), "{name}");
            for (suffix, of) in
                [("_seconds", Unit::Seconds), ("_bytes", Unit::Bytes), ("_per_second", Unit::CountPerSecond)]
            {
                assert_eq!(name.ends_with(suffix), *unit == of, "{name}: the unit is the last word");
            }
            for word in ["_count", "_sum", "_bucket", "_milliseconds", "_ms", "_minutes", "gauge", "counter"] {
                assert!(!name.ends_with(word), "{name}: {word} is kept for others, or no base unit");
            }
            assert!(help.len() > 15 && help.ends_with('.') && !help.contains(name), "{name}: {help}");
        }
        assert!(FIGURES.windows(2).all(|pair| pair[0].name < pair[1].name), "by name");
    }
}
