-- A receipt that nothing but its words makes one may have been typed: it holds for the texts of its own phone alone.
-- `subscriber` is that phone, and empty for what the operator surely says. The table is made anew for its key.
CREATE TABLE receipts_new (
    operator   TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    subscriber BLOB    NOT NULL DEFAULT X'' CHECK (length(subscriber) IN (0, 32)),
    state      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (operator, message_id, subscriber)
) STRICT;
INSERT INTO receipts_new (operator, message_id, state, at) SELECT operator, message_id, state, at FROM receipts;
DROP TABLE receipts;
ALTER TABLE receipts_new RENAME TO receipts;
CREATE INDEX receipts_by_time ON receipts (at);
