-- A segment has an end of validity, after which it is not sent any more, and a rank: replies go before notices.
-- `strikes` counts the tries of a status that may be final.
ALTER TABLE text_segments
    ADD COLUMN rank       BIGINT CHECK (rank >= 0), -- the least goes first
    ADD COLUMN strikes    BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN expires_at BIGINT;
UPDATE text_segments s
    SET rank = CASE t.class WHEN 'reply' THEN 0 ELSE 1 END, expires_at = t.created_at + 259200000
    FROM texts t WHERE t.position = s.text;
ALTER TABLE text_segments ALTER COLUMN rank SET NOT NULL, ALTER COLUMN expires_at SET NOT NULL;
ALTER TABLE text_segments DROP CONSTRAINT text_segments_state_check;
ALTER TABLE text_segments ADD CONSTRAINT text_segments_state_check
    CHECK (state IN ('queued', 'attempted', 'sent', 'dead', 'expired', 'unknown'));
DROP INDEX text_segments_queued;
CREATE INDEX text_segments_queued ON text_segments (operator, rank, text, number) WHERE state = 'queued';
CREATE INDEX text_segments_notices ON text_segments (operator, next_at) WHERE state = 'queued' AND rank > 0;
CREATE INDEX text_segments_expiring ON text_segments (expires_at) WHERE state = 'queued';
