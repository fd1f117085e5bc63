-- The journal's first form. A file carries the number of its newest migration in user_version.
-- Applied migrations never change; a new form is a new file beside this one.

-- What the file is: `id` (eight hex digits) and `realm` (live or drill).
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The timeline. Rows are added, never changed. `position` counts over all incidents without gaps;
-- AUTOINCREMENT remembers the highest one, so that a missing end is noticed.
CREATE TABLE entry (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL, -- microseconds since 1970, UTC
    actor    TEXT NOT NULL,    -- JSON
    kind     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    data     TEXT NOT NULL,    -- JSON
    hash     BLOB NOT NULL,    -- SHA-256 over the incident's previous hash and this row
    UNIQUE (incident, seq)
) STRICT;

-- One row per incident, kept in the transaction that appends: where its stream ends, and what the
-- list of incidents shows before entries are loaded.
CREATE TABLE head (
    incident    INTEGER PRIMARY KEY,
    seq         INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    title       TEXT NOT NULL,
    severity    TEXT NOT NULL,
    status      TEXT NOT NULL,  -- open, resolved, merged
    resolved_at INTEGER,        -- while resolved
    merged_into INTEGER,        -- when merged
    realm       TEXT NOT NULL,
    declared_at INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL
) STRICT;

-- The review of an incident as people wrote it. A draft is an autosave and may be overwritten by
-- the same author's next one; a saved revision stays.
CREATE TABLE revision (
    incident INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    author   TEXT NOT NULL,
    language TEXT NOT NULL,
    draft    INTEGER NOT NULL,
    text     TEXT NOT NULL,
    sha256   TEXT NOT NULL, -- of the text, in hex
    seal     BLOB NOT NULL, -- SHA-256 over this row
    PRIMARY KEY (incident, number)
) STRICT;

-- Files brought home, by the digest of their bytes, in hex.
CREATE TABLE evidence (
    sha256    TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    stored_at INTEGER NOT NULL,
    bytes     BLOB NOT NULL,
    seal      BLOB NOT NULL -- SHA-256 over this row, with the digest for the bytes
) STRICT;
