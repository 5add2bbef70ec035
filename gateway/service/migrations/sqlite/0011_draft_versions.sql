-- Which state of a phone's draft this is: it counts the sections that were finished and the drafts that were given up. A
-- session that has seen fewer is older than its draft. A draft that was handed in or thrown away leaves its number and
-- no octets.
ALTER TABLE drafts ADD COLUMN version INTEGER NOT NULL DEFAULT 0 CHECK (version >= 0);
