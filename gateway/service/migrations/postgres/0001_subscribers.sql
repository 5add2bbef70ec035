-- What is remembered of a phone: language, form, operator, opt-out; sealed. The subscriber is a keyed hash.
CREATE TABLE profiles (
    subscriber BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(subscriber) = 32),
    sealed     BYTEA  NOT NULL,
    saved_at   BIGINT NOT NULL -- milliseconds since 1970, as every time in this database
);

-- The checkpoint of an application as of its last finished section; sealed.
CREATE TABLE drafts (
    subscriber BYTEA  NOT NULL PRIMARY KEY CHECK (octet_length(subscriber) = 32),
    sealed     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX drafts_by_expiry ON drafts (expires_at);

-- Published dialogues with their texts, by content hash. Nothing personal, so in clear.
CREATE TABLE books (
    hash         TEXT   NOT NULL PRIMARY KEY,
    content      BYTEA  NOT NULL,
    published_at BIGINT NOT NULL
);

-- One row that readiness writes and reads.
CREATE TABLE probe (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    at BIGINT NOT NULL
);
