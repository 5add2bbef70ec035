-- Under which master key this file is written: a keyed print of a fixed word, made when the file is first opened.
-- Under another key nobody would be found again, and a family could be registered twice.
CREATE TABLE key_print (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    print BLOB NOT NULL
);
