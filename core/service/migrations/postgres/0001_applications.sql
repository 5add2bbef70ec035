-- Personal values are sealed under the application's own data key or found by keyed hash; none stands here in clear.
-- Times are milliseconds since 1970 in UTC, days are 'yyyy-mm-dd' in Baku, yes and no are 1 and 0.

CREATE TABLE counters (
    year BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE applications (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    reference TEXT NOT NULL UNIQUE,
    stage TEXT NOT NULL
        CHECK (stage IN ('awaiting-notary', 'gathering', 'granted', 'refused', 'card-ready', 'superseded')),
    -- The applicant's ID card and notarised application agree with the registries.
    verified BIGINT NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
    -- Not refused, not superseded, and its award has not ended.
    open BIGINT NOT NULL DEFAULT 1 CHECK (open IN (0, 1)),
    fin_lookup BYTEA NOT NULL,
    msisdn_lookup BYTEA NOT NULL,
    -- NULL once erased: nothing sealed under it opens again.
    data_key BYTEA,
    declared BYTEA NOT NULL,
    msisdn BYTEA NOT NULL,
    language TEXT NOT NULL,
    channel TEXT NOT NULL,
    received_on TEXT COLLATE "C" NOT NULL,
    -- NULL while the notarised application's number is missing: the 15 days have not begun.
    registered_on TEXT COLLATE "C",
    decide_by TEXT COLLATE "C",
    award_until TEXT COLLATE "C",
    alarmed BIGINT NOT NULL DEFAULT 0 CHECK (alarmed IN (0, 1)),
    created_at BIGINT NOT NULL
);

CREATE INDEX applications_by_phone ON applications (msisdn_lookup, seq);
CREATE INDEX applications_by_fin ON applications (fin_lookup);
CREATE UNIQUE INDEX one_verified_open_application_per_fin ON applications (fin_lookup) WHERE verified = 1 AND open = 1;

CREATE TABLE members (
    application_id TEXT NOT NULL REFERENCES applications (id),
    position BIGINT NOT NULL,
    fin_lookup BYTEA NOT NULL,
    PRIMARY KEY (application_id, position)
);

CREATE INDEX members_by_fin ON members (fin_lookup);

-- The idempotency of intake: a draft is answered like the first time, for ever.
CREATE TABLE submissions (
    draft TEXT PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    msisdn_lookup BYTEA NOT NULL,
    reply TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE TABLE jobs (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    application_id TEXT NOT NULL REFERENCES applications (id),
    kind TEXT NOT NULL CHECK (kind IN ('evidence', 'order-card', 'poll-card')),
    due_at BIGINT NOT NULL,
    tries BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT NOT NULL DEFAULT 0,
    -- Who holds the lease: a process that starts again frees what it held before it died, and nobody else's.
    holder TEXT NOT NULL DEFAULT '',
    fence BIGINT NOT NULL DEFAULT 0,
    done BIGINT NOT NULL DEFAULT 0 CHECK (done IN (0, 1)),
    UNIQUE (application_id, kind)
);

CREATE INDEX jobs_due ON jobs (due_at) WHERE done = 0;

CREATE TABLE evidence (
    application_id TEXT NOT NULL REFERENCES applications (id),
    request TEXT NOT NULL,
    -- 0 the applicant, 1.. the members as declared; the notarised application is asked for under 0.
    subject BIGINT NOT NULL,
    institution TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    answer BYTEA NOT NULL,
    raw BYTEA NOT NULL,
    PRIMARY KEY (application_id, request, subject)
);

-- An answer that an institution prepares is fetched by a number; it is kept, so that a restart asks for no second one.
CREATE TABLE tickets (
    application_id TEXT NOT NULL REFERENCES applications (id),
    request TEXT NOT NULL,
    subject BIGINT NOT NULL,
    ticket BYTEA NOT NULL,
    PRIMARY KEY (application_id, request, subject)
);

CREATE TABLE decisions (
    application_id TEXT NOT NULL REFERENCES applications (id),
    number BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    registered_on TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('granted', 'refused')),
    -- The rules as they stood, in full, so that the decision can be replayed whatever becomes of the files.
    rules TEXT NOT NULL,
    facts BYTEA NOT NULL,
    decision BYTEA NOT NULL,
    PRIMARY KEY (application_id, number)
);

CREATE TABLE cards (
    application_id TEXT PRIMARY KEY REFERENCES applications (id),
    -- 'asked' is committed before the bank is asked: from then on an order may exist there.
    state TEXT NOT NULL CHECK (state IN ('wanted', 'asked', 'ordered', 'ready')),
    order_id TEXT,
    -- Holder and branch.
    details BYTEA NOT NULL,
    ordered_on TEXT NOT NULL,
    collect_from TEXT,
    needs_attention BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE notices (
    seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    application_id TEXT NOT NULL REFERENCES applications (id),
    key TEXT NOT NULL,
    notice BYTEA NOT NULL,
    due_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT '',
    fence BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead', 'unknown')),
    text_sha256 TEXT,
    segments BIGINT,
    cause TEXT,
    finished_at BIGINT,
    UNIQUE (application_id, key)
);

CREATE INDEX notices_waiting ON notices (due_at, seq) WHERE state = 'waiting';

CREATE TABLE wrong_tries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    msisdn_lookup BYTEA NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id),
    at BIGINT NOT NULL
);

CREATE INDEX wrong_tries_by_phone ON wrong_tries (msisdn_lookup, at);
CREATE INDEX wrong_tries_by_application ON wrong_tries (application_id, at);

-- Each row's hash covers the hash before it and the sealed detail, so that erasing the key leaves the chain valid.
-- Whoever adds a row holds the lock of its application.
CREATE TABLE audit (
    application_id TEXT NOT NULL REFERENCES applications (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    detail BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (application_id, seq)
);

-- Under which master key this database is written: a keyed print of a fixed word, made when it is first opened.
-- Under another key nobody would be found again, and a family could be registered twice.
CREATE TABLE key_print (
    "only" BIGINT PRIMARY KEY CHECK ("only" = 1),
    print BYTEA NOT NULL
);

-- Nobody changes a decision, and nobody rewrites what happened.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a row of % is never changed and never deleted', TG_TABLE_NAME; END $$;
CREATE TRIGGER decisions_are_never_changed BEFORE UPDATE OR DELETE ON decisions
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_are_never_emptied BEFORE TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_never_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
