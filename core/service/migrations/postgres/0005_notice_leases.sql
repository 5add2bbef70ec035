-- A notice that its gateway has kept is handed out again only in case that is lost, and is not freed at a restart. Those
-- that nobody has leased go first, whatever waits beside them.
ALTER TABLE notices ADD COLUMN kept BIGINT NOT NULL DEFAULT 0 CHECK (kept IN (0, 1));
CREATE INDEX notices_by_lease ON notices (lease_until, due_at, seq) WHERE state = 'waiting';
