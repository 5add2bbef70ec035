-- Personal values are sealed under the application's own data key or found by keyed hash; none stands here in clear.
-- Times are milliseconds since 1970 in UTC, days are 'yyyy-mm-dd' in Baku.

CREATE TABLE counters (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

CREATE TABLE applications (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE,
    stage TEXT NOT NULL
        CHECK (stage IN ('awaiting-notary', 'gathering', 'granted', 'refused', 'card-ready', 'superseded')),
    -- The applicant's ID card and notarised application agree with the registries.
    verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- Not refused, not superseded, and its award has not ended.
    open INTEGER NOT NULL DEFAULT 1 CHECK (open IN (0, 1)),
    fin_lookup BLOB NOT NULL,
    msisdn_lookup BLOB NOT NULL,
    -- NULL once erased: nothing sealed under it opens again.
    data_key BLOB,
    declared BLOB NOT NULL,
    msisdn BLOB NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_on TEXT NOT NULL,
    -- NULL while the notarised application's number is missing: the 15 days have not begun.
    registered_on TEXT,
    decide_by TEXT,
    award_until TEXT,
    alarmed INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX applications_by_phone ON applications (msisdn_lookup, seq);
CREATE INDEX applications_by_fin ON applications (fin_lookup);
CREATE UNIQUE INDEX one_verified_open_application_per_fin ON applications (fin_lookup) WHERE verified = 1 AND open = 1;

CREATE TABLE members (
    application_id TEXT NOT NULL REFERENCES applications (id),
    position INTEGER NOT NULL,
    fin_lookup BLOB NOT NULL,
    PRIMARY KEY (application_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_fin ON members (fin_lookup);

-- The idempotency of intake: a draft is answered like the first time, for ever.
CREATE TABLE submissions (
    draft TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    msisdn_lookup BLOB NOT NULL,
    reply TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    kind TEXT NOT NULL CHECK (kind IN ('evidence', 'order-card', 'poll-card')),
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    done INTEGER NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    UNIQUE (application_id, kind)
) STRICT;

CREATE INDEX jobs_due ON jobs (due_at) WHERE done = 0;

CREATE TABLE evidence (
    application_id TEXT NOT NULL REFERENCES applications (id),
    request TEXT NOT NULL,
    -- 0 the applicant, 1.. the members as declared; the notarised application is asked for under 0.
    subject INTEGER NOT NULL,
    institution TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    answer BLOB NOT NULL,
    raw BLOB NOT NULL,
    PRIMARY KEY (application_id, request, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
    application_id TEXT NOT NULL REFERENCES applications (id),
    number INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    registered_on TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('granted', 'refused')),
    -- The rules as they stood, in full, so that the decision can be replayed whatever becomes of the files.
    rules TEXT NOT NULL,
    facts BLOB NOT NULL,
    decision BLOB NOT NULL,
    PRIMARY KEY (application_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    application_id TEXT PRIMARY KEY REFERENCES applications (id),
    -- 'asked' is committed before the bank is asked: from then on an order may exist there.
    state TEXT NOT NULL CHECK (state IN ('wanted', 'asked', 'ordered', 'ready')),
    order_id TEXT,
    -- Holder and branch.
    details BLOB NOT NULL,
    ordered_on TEXT NOT NULL,
    collect_from TEXT,
    needs_attention INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    application_id TEXT NOT NULL REFERENCES applications (id),
    key TEXT NOT NULL,
    notice BLOB NOT NULL,
    due_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead', 'unknown')),
    text_sha256 TEXT,
    segments INTEGER,
    cause TEXT,
    finished_at INTEGER,
    UNIQUE (application_id, key)
) STRICT;

CREATE INDEX notices_waiting ON notices (due_at, seq) WHERE state = 'waiting';

CREATE TABLE wrong_tries (
    id INTEGER PRIMARY KEY,
    msisdn_lookup BLOB NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    at INTEGER NOT NULL
) STRICT;

CREATE INDEX wrong_tries_by_phone ON wrong_tries (msisdn_lookup, at);
CREATE INDEX wrong_tries_by_application ON wrong_tries (application_id, at);

-- Each row's hash covers the hash before it and the sealed detail, so that erasing the key leaves the chain valid.
CREATE TABLE audit (
    application_id TEXT NOT NULL REFERENCES applications (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (application_id, seq)
) STRICT, WITHOUT ROWID;

-- Nobody changes a decision, and nobody rewrites what happened.
CREATE TRIGGER decisions_are_never_changed BEFORE UPDATE ON decisions
BEGIN SELECT RAISE(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decisions_are_never_deleted BEFORE DELETE ON decisions
BEGIN SELECT RAISE(ABORT, 'a decision is never deleted'); END;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is never deleted'); END;
