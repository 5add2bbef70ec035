-- Calls of the core that outlive the dialogue that made them. A finished one keeps its id for a while,
-- so that a repeat of the turn that made it does not make it again.
CREATE TABLE pending_calls (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    subscriber  BLOB    NOT NULL CHECK (length(subscriber) = 32),
    sealed      BLOB,             -- gone once finished
    not_before  INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    fence       INTEGER NOT NULL DEFAULT 0,
    leased_to   INTEGER NOT NULL DEFAULT 0,
    finished_at INTEGER
) STRICT;
CREATE INDEX pending_calls_open ON pending_calls (position) WHERE finished_at IS NULL;
CREATE INDEX pending_calls_finished ON pending_calls (finished_at) WHERE finished_at IS NOT NULL;
