-- Whether the phone is still to be told what a text says, should the text not arrive: 1 for notices, 0 for replies and
-- once it has been told.
ALTER TABLE texts ADD COLUMN untold BIGINT NOT NULL DEFAULT 0 CHECK (untold IN (0, 1));
UPDATE texts SET untold = 1 WHERE class = 'outcome';
CREATE INDEX texts_untold ON texts (subscriber, position) WHERE untold = 1;
