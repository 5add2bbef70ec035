-- Live sessions of the embedded default. The blob is sealed; the subscriber is a keyed hash.
CREATE TABLE sessions (
    subscriber BLOB    NOT NULL PRIMARY KEY CHECK (length(subscriber) = 32),
    number     INTEGER NOT NULL CHECK (number > 0),
    token      BLOB    NOT NULL CHECK (length(token) = 16),
    blob       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL -- milliseconds since 1970, as every time in this file
) STRICT;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- One row that readiness writes and reads.
CREATE TABLE probe (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;
