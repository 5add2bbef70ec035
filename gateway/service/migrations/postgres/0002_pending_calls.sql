-- Calls of the core that outlive the dialogue that made them. A finished one keeps its id for a while,
-- so that a repeat of the turn that made it does not make it again.
CREATE TABLE pending_calls (
    position    BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    subscriber  BYTEA  NOT NULL CHECK (octet_length(subscriber) = 32),
    sealed      BYTEA,            -- gone once finished
    not_before  BIGINT NOT NULL,
    attempts    BIGINT NOT NULL DEFAULT 0,
    fence       BIGINT NOT NULL DEFAULT 0,
    leased_to   BIGINT NOT NULL DEFAULT 0,
    finished_at BIGINT
);
CREATE INDEX pending_calls_open ON pending_calls (position) WHERE finished_at IS NULL;
CREATE INDEX pending_calls_finished ON pending_calls (finished_at) WHERE finished_at IS NOT NULL;
