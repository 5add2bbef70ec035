-- A receipt that nothing but its words makes one may have been typed: it holds for the texts of its own phone alone.
-- `subscriber` is that phone, and empty for what the operator surely says.
ALTER TABLE receipts
    ADD COLUMN subscriber BYTEA NOT NULL DEFAULT ''::bytea CHECK (length(subscriber) IN (0, 32));
ALTER TABLE receipts DROP CONSTRAINT receipts_pkey;
ALTER TABLE receipts ADD PRIMARY KEY (operator, message_id, subscriber);
