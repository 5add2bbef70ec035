-- A receipt is about a message by its name, its phone and its time: an SMSC may give a name again after a reset, and what
-- nothing but its words makes a receipt may have been typed. `subscriber` is the phone, empty where nobody knows it.
-- One row for each message; `at` is when it was heard, and the table is made anew for its key.
CREATE TABLE receipts_new (
    operator   TEXT    NOT NULL,
    message_id TEXT    NOT NULL,
    subscriber BLOB    NOT NULL CHECK (length(subscriber) IN (0, 32)),
    at         INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    PRIMARY KEY (operator, message_id, subscriber, at)
) STRICT;
INSERT INTO receipts_new (operator, message_id, subscriber, at, state)
    SELECT operator, message_id, COALESCE((SELECT t.subscriber FROM text_attempts a JOIN texts t ON t.position = a.text
        WHERE a.operator = r.operator AND a.message_id = r.message_id ORDER BY a.at DESC LIMIT 1), X''), at, state
    FROM receipts r;
DROP TABLE receipts;
ALTER TABLE receipts_new RENAME TO receipts;
CREATE INDEX receipts_by_time ON receipts (at);

-- Which receipt is about which attempt: the latest of that name to that phone before it was heard. The clocks of
-- gateways that share the rows may differ by 2 s.
CREATE VIEW attempt_receipts AS
    SELECT a.text, a.number, a.fence, r.state, r.at
    FROM text_attempts a
    JOIN texts t ON t.position = a.text
    JOIN receipts r ON r.operator = a.operator AND r.message_id = a.message_id AND r.at >= a.at - 2000
        AND (r.subscriber = t.subscriber OR length(r.subscriber) = 0)
    WHERE NOT EXISTS (SELECT 1 FROM text_attempts b JOIN texts u ON u.position = b.text
        WHERE b.operator = a.operator AND b.message_id = a.message_id AND b.at > a.at AND b.at - 2000 <= r.at
        AND (u.subscriber = t.subscriber OR length(r.subscriber) = 0));
