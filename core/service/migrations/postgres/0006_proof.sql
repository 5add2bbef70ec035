-- For whom a phone has handed in within 30 days: three places, so that a fourth applicant finds none.
CREATE TABLE phone_applicants (
    msisdn_lookup BYTEA NOT NULL,
    place BIGINT NOT NULL CHECK (place BETWEEN 1 AND 3),
    fin_lookup BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (msisdn_lookup, place),
    UNIQUE (msisdn_lookup, fin_lookup)
);
CREATE INDEX phone_applicants_by_time ON phone_applicants (at, msisdn_lookup, place);
