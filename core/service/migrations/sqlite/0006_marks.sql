-- One row that readiness writes and reads.
CREATE TABLE probe (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
) STRICT;

-- The store that this one belongs to: what both are called together, how far each is, and the name of this store's life
-- since it was last restored.
CREATE TABLE marks (
    only  INTEGER NOT NULL PRIMARY KEY CHECK (only = 1),
    pair  TEXT,
    own   INTEGER NOT NULL,
    other INTEGER NOT NULL,
    life  TEXT NOT NULL
) STRICT;
INSERT INTO marks (only, pair, own, other, life) VALUES (1, NULL, 0, 0, '');

-- When somebody went on with a store that was restored, and what differed.
CREATE TABLE restores (
    at  INTEGER NOT NULL,
    why TEXT NOT NULL
) STRICT;
