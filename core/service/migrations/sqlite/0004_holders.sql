-- Who holds a lease: a process that starts again frees what it held before it died, and nobody else's.
ALTER TABLE jobs ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE notices ADD COLUMN holder TEXT NOT NULL DEFAULT '';
