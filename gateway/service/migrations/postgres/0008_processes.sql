-- The processes that take texts and make claims: each life has a name, says again and again that it lives, and leaves
-- behind which answers an operator may not have read.
CREATE TABLE processes (
    run        BIGINT NOT NULL PRIMARY KEY, -- drawn by lot
    instance   TEXT   NOT NULL,             -- the gateway's name among those that share the rows, where it has one
    state      TEXT   NOT NULL CHECK (state IN ('alive', 'ended', 'dead')),
    started_at BIGINT NOT NULL,
    beats      BIGINT NOT NULL,             -- others see by it that it lives, whatever their clocks say
    beat_at    BIGINT NOT NULL,
    losses     TEXT   NOT NULL              -- lost connections of late, with the answers in doubt (JSON; nothing personal)
);

-- Which process holds a claim: it is taken back as soon as that one is dead.
ALTER TABLE text_segments ADD COLUMN holder BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pending_calls ADD COLUMN run BIGINT NOT NULL DEFAULT 0;

-- Whether a text is a dialogue's question, which a later one makes void; and whether the operator has surely read the
-- answer to the text that it replies to.
ALTER TABLE texts
    ADD COLUMN question BIGINT NOT NULL DEFAULT 0 CHECK (question IN (0, 1)),
    ADD COLUMN heard BIGINT NOT NULL DEFAULT 0 CHECK (heard IN (0, 1));
