-- Texts on their way to a phone; the id is the notice's, which makes adding one idempotent.
-- Whoever changes what becomes of a text's segments holds the lock of its row here.
CREATE TABLE texts (
    position    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          BYTEA  NOT NULL UNIQUE CHECK (octet_length(id) = 16),
    core_fence  BIGINT NOT NULL,
    subscriber  BYTEA  NOT NULL CHECK (octet_length(subscriber) = 32),
    class       TEXT   NOT NULL CHECK (class IN ('reply', 'outcome')),
    operator    TEXT   NOT NULL,
    segments    BIGINT NOT NULL CHECK (segments > 0),
    sealed      BYTEA,            -- number, language, notice, words and their hash; gone after 90 days
    created_at  BIGINT NOT NULL,
    reported_at BIGINT            -- when the core took note of its end
);
CREATE INDEX texts_unreported ON texts (position) WHERE reported_at IS NULL;
CREATE INDEX texts_by_subscriber ON texts (subscriber, position);

CREATE TABLE text_segments (
    text       BIGINT NOT NULL REFERENCES texts (position) ON DELETE CASCADE,
    number     BIGINT NOT NULL CHECK (number > 0),
    operator   TEXT   NOT NULL,
    sealed     BYTEA,             -- the number and the octets to send
    state      TEXT   NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'attempted', 'sent', 'dead', 'unknown')),
    tries      BIGINT NOT NULL DEFAULT 0,
    doubts     BIGINT NOT NULL DEFAULT 0 CHECK (doubts <= 2),
    fence      BIGINT NOT NULL DEFAULT 0,
    leased_to  BIGINT NOT NULL DEFAULT 0,
    next_at    BIGINT NOT NULL,
    cause      TEXT,
    PRIMARY KEY (text, number)
);
CREATE INDEX text_segments_queued ON text_segments (operator, text, number) WHERE state = 'queued';
CREATE INDEX text_segments_attempted ON text_segments (leased_to) WHERE state = 'attempted';
CREATE INDEX text_segments_open ON text_segments (text) WHERE state IN ('queued', 'attempted');

-- One row per PDU, committed before it is written.
CREATE TABLE text_attempts (
    text       BIGINT NOT NULL,
    number     BIGINT NOT NULL,
    fence      BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    operator   TEXT   NOT NULL,
    message_id TEXT,              -- the operator's, once it has answered
    PRIMARY KEY (text, number, fence),
    FOREIGN KEY (text, number) REFERENCES text_segments (text, number) ON DELETE CASCADE
);
CREATE INDEX text_attempts_by_message ON text_attempts (operator, message_id) WHERE message_id IS NOT NULL;

-- Delivery receipts, whether or not their message is known yet.
CREATE TABLE receipts (
    operator   TEXT   NOT NULL,
    message_id TEXT   NOT NULL,
    state      TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (operator, message_id)
);
CREATE INDEX receipts_by_time ON receipts (at);
