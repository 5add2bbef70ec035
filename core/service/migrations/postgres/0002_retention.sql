-- Along these the sweep finds what is past its time, the oldest first: answers of institutions as they came, words of notices
-- that have ended, wrong tries, and applications whose key is still there. An erased value is empty.
CREATE INDEX evidence_raw ON evidence (fetched_at, application_id, request, subject) WHERE length(raw) > 0;
CREATE INDEX notices_ended ON notices (finished_at, seq) WHERE state <> 'waiting' AND length(notice) > 0;
CREATE INDEX wrong_tries_by_time ON wrong_tries (at, id);
CREATE INDEX applications_with_key ON applications (created_at, id) WHERE data_key IS NOT NULL;
CREATE INDEX submissions_by_application ON submissions (application_id);
