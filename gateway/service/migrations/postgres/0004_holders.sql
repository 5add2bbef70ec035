-- Which gateway holds a call's lease: one that starts again frees what it held before it died, and nobody else's.
ALTER TABLE pending_calls ADD COLUMN holder TEXT NOT NULL DEFAULT '';
