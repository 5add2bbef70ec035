-- In whose award somebody counts: in one family a month, whatever two families claim at once.
CREATE TABLE heads (
    fin_lookup BYTEA NOT NULL,
    -- 'yyyy-mm'
    month TEXT COLLATE "C" NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    PRIMARY KEY (fin_lookup, month)
);
CREATE INDEX heads_by_application ON heads (application_id);

-- Whom an application claims who counts in another one's award: both families were asked.
CREATE TABLE contests (
    application_id TEXT NOT NULL REFERENCES applications (id),
    fin_lookup BYTEA NOT NULL,
    holder_id TEXT NOT NULL REFERENCES applications (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (application_id, fin_lookup, holder_id)
);
CREATE INDEX contests_by_holder ON contests (holder_id);
