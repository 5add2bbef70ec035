-- An answer that an institution prepares is fetched by a number; it is kept, so that a restart asks for no second one.
CREATE TABLE tickets (
    application_id TEXT NOT NULL REFERENCES applications (id),
    request TEXT NOT NULL,
    subject INTEGER NOT NULL,
    ticket BLOB NOT NULL,
    PRIMARY KEY (application_id, request, subject)
) STRICT, WITHOUT ROWID;
