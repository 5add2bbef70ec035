-- Along these the sweep finds what is past its time, the oldest first: replies of dialogues, which nobody asks after; the
-- bodies of all other texts that have ended; and, once those are gone, the rows that tell what became of them.
CREATE INDEX texts_replies ON texts (created_at, position)
    WHERE reported_at IS NOT NULL AND class = 'reply' AND untold = 0;
CREATE INDEX texts_bodies ON texts (created_at, position)
    WHERE reported_at IS NOT NULL AND (class <> 'reply' OR untold = 1) AND sealed IS NOT NULL;
CREATE INDEX texts_records ON texts (created_at, position)
    WHERE reported_at IS NOT NULL AND (class <> 'reply' OR untold = 1) AND sealed IS NULL;

-- When a gateway last had the book in force or took it up for somebody; older ones of nobody go.
ALTER TABLE books ADD COLUMN used_at BIGINT NOT NULL DEFAULT 0;
UPDATE books SET used_at = CAST(extract(epoch FROM now()) AS BIGINT) * 1000;
CREATE INDEX books_by_use ON books (used_at);
