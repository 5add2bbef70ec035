-- What is remembered of a phone: language, form, operator, opt-out; sealed.
CREATE TABLE profiles (
    subscriber BLOB    NOT NULL PRIMARY KEY CHECK (length(subscriber) = 32),
    sealed     BLOB    NOT NULL,
    saved_at   INTEGER NOT NULL
) STRICT;

-- The checkpoint of an application as of its last finished section; sealed.
CREATE TABLE drafts (
    subscriber BLOB    NOT NULL PRIMARY KEY CHECK (length(subscriber) = 32),
    sealed     BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_by_expiry ON drafts (expires_at);

-- Published dialogues with their texts, by content hash. Nothing personal, so in clear.
CREATE TABLE books (
    hash         TEXT    NOT NULL PRIMARY KEY,
    content      BLOB    NOT NULL,
    published_at INTEGER NOT NULL
) STRICT;
