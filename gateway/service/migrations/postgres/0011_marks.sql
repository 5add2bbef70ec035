-- Under which master key this database is written: a keyed print of a fixed word, made when it is first opened.
CREATE TABLE key_print (
    "only" BIGINT PRIMARY KEY CHECK ("only" = 1),
    print BYTEA NOT NULL
);

-- The store that this one belongs to: what both are called together, how far each is, and the name of this store's life
-- since it was last restored.
CREATE TABLE marks (
    "only"  BIGINT NOT NULL PRIMARY KEY CHECK ("only" = 1),
    pair  TEXT,
    own   BIGINT NOT NULL,
    other BIGINT NOT NULL,
    life  TEXT NOT NULL
);
INSERT INTO marks ("only", pair, own, other, life) VALUES (1, NULL, 0, 0, '');

-- When somebody went on with a store that was restored, and what differed.
CREATE TABLE restores (
    at  BIGINT NOT NULL,
    why TEXT NOT NULL
);

-- What the core has registered, as it was handed in and answered; sealed. Kept for a while, so that a core that was
-- restored from an older copy can take it again.
CREATE TABLE registrations (
    id     TEXT    NOT NULL PRIMARY KEY,
    sealed BYTEA    NOT NULL,
    at     BIGINT NOT NULL
);
CREATE INDEX registrations_by_time ON registrations (at);
