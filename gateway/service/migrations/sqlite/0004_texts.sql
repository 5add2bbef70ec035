-- Texts on their way to a phone; the id is the notice's, which makes adding one idempotent.
CREATE TABLE texts (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    core_fence  INTEGER NOT NULL,
    subscriber  BLOB    NOT NULL CHECK (length(subscriber) = 32),
    class       TEXT    NOT NULL CHECK (class IN ('reply', 'outcome')),
    operator    TEXT    NOT NULL,
    segments    INTEGER NOT NULL CHECK (segments > 0),
    sealed      BLOB,             -- number, language, notice, words and their hash; gone after 90 days
    created_at  INTEGER NOT NULL,
    reported_at INTEGER           -- when the core took note of its end
) STRICT;
CREATE INDEX texts_unreported ON texts (position) WHERE reported_at IS NULL;
CREATE INDEX texts_by_subscriber ON texts (subscriber, position);

CREATE TABLE text_segments (
    text       INTEGER NOT NULL REFERENCES texts (position) ON DELETE CASCADE,
    number     INTEGER NOT NULL CHECK (number > 0),
    operator   TEXT    NOT NULL,
    sealed     BLOB,              -- the number and the octets to send
    state      TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'attempted', 'sent', 'dead', 'unknown')),
    tries      INTEGER NOT NULL DEFAULT 0,
    doubts     INTEGER NOT NULL DEFAULT 0 CHECK (doubts <= 2),
    fence      INTEGER NOT NULL DEFAULT 0,
    leased_to  INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    cause      TEXT,
    PRIMARY KEY (text, number)
) STRICT;
CREATE INDEX text_segments_queued ON text_segments (operator, text, number) WHERE state = 'queued';
CREATE INDEX text_segments_attempted ON text_segments (leased_to) WHERE state = 'attempted';
CREATE INDEX text_segments_open ON text_segments (text) WHERE state IN ('queued', 'attempted');

-- One row per PDU, committed before it is written.
CREATE TABLE text_attempts (
    text       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    fence      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    operator   TEXT    NOT NULL,
    message_id TEXT,              -- the operator's, once it has answered
    PRIMARY KEY (text, number, fence),
    FOREIGN KEY (text, number) REFERENCES text_segments (text, number) ON DELETE CASCADE
) STRICT;
CREATE INDEX text_attempts_by_message ON text_attempts (operator, message_id) WHERE message_id IS NOT NULL;

-- Delivery receipts, whether or not their message is known yet.
CREATE TABLE receipts (
    operator   TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (operator, message_id)
) STRICT;
CREATE INDEX receipts_by_time ON receipts (at);
