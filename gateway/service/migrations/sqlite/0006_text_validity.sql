-- A segment has an end of validity, after which it is not sent any more, and a rank: replies go before notices.
-- `strikes` counts the tries of a status that may be final. The tables are made anew for the state 'expired'.
CREATE TABLE text_segments_new (
    text       INTEGER NOT NULL REFERENCES texts (position) ON DELETE CASCADE,
    number     INTEGER NOT NULL CHECK (number > 0),
    operator   TEXT    NOT NULL,
    rank       INTEGER NOT NULL CHECK (rank >= 0), -- the least goes first
    sealed     BLOB,              -- the number and the octets to send
    state      TEXT    NOT NULL DEFAULT 'queued'
               CHECK (state IN ('queued', 'attempted', 'sent', 'dead', 'expired', 'unknown')),
    tries      INTEGER NOT NULL DEFAULT 0,
    strikes    INTEGER NOT NULL DEFAULT 0,
    doubts     INTEGER NOT NULL DEFAULT 0 CHECK (doubts <= 2),
    fence      INTEGER NOT NULL DEFAULT 0,
    leased_to  INTEGER NOT NULL DEFAULT 0,
    next_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    cause      TEXT,
    PRIMARY KEY (text, number)
) STRICT;
INSERT INTO text_segments_new
    (text, number, operator, rank, sealed, state, tries, doubts, fence, leased_to, next_at, expires_at, cause)
    SELECT s.text, s.number, s.operator, CASE t.class WHEN 'reply' THEN 0 ELSE 1 END, s.sealed, s.state, s.tries,
        s.doubts, s.fence, s.leased_to, s.next_at, t.created_at + 259200000, s.cause
    FROM text_segments s JOIN texts t ON t.position = s.text;

CREATE TABLE text_attempts_new (
    text       INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    fence      INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    operator   TEXT    NOT NULL,
    message_id TEXT,              -- the operator's, once it has answered
    PRIMARY KEY (text, number, fence),
    FOREIGN KEY (text, number) REFERENCES text_segments_new (text, number) ON DELETE CASCADE
) STRICT;
INSERT INTO text_attempts_new SELECT text, number, fence, at, operator, message_id FROM text_attempts;

DROP TABLE text_attempts;
DROP TABLE text_segments;
ALTER TABLE text_segments_new RENAME TO text_segments;
ALTER TABLE text_attempts_new RENAME TO text_attempts;

CREATE INDEX text_segments_queued ON text_segments (operator, rank, text, number) WHERE state = 'queued';
CREATE INDEX text_segments_notices ON text_segments (operator, next_at) WHERE state = 'queued' AND rank > 0;
CREATE INDEX text_segments_expiring ON text_segments (expires_at) WHERE state = 'queued';
CREATE INDEX text_segments_attempted ON text_segments (leased_to) WHERE state = 'attempted';
CREATE INDEX text_segments_open ON text_segments (text) WHERE state IN ('queued', 'attempted');
CREATE INDEX text_attempts_by_message ON text_attempts (operator, message_id) WHERE message_id IS NOT NULL;
