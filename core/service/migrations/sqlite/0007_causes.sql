-- Why a job failed last; a job that panicked or cannot be read rests with it. Never what a person said.
ALTER TABLE jobs ADD COLUMN cause TEXT;
-- For the age of the oldest that is not decided.
CREATE INDEX applications_undecided ON applications (created_at) WHERE stage = 'gathering';
