-- Why a recorded call was put aside; gone once it is tried again and lives. Never what a person said.
ALTER TABLE pending_calls ADD COLUMN cause TEXT;
-- When it was recorded, for the age of the oldest.
ALTER TABLE pending_calls ADD COLUMN recorded_at INTEGER;
