-- The schema of a hub's data, version 1.
--
-- Written for SQLite and plain enough for PostgreSQL, where three words are replaced in one place:
-- INTEGER PRIMARY KEY becomes BIGINT PRIMARY KEY, BLOB becomes BYTEA, and every table gets `org TEXT`
-- as the first column of its keys and indexes (one SQLite file is one organisation).
--
-- Instants are microseconds since the Unix epoch, yes and no are 1 and 0, names are the texts that
-- people see (INC-17). `data` is the whole value as JSON; the columns beside it repeat what rows are
-- found by, and both are written together. Whatever is many is appended in the order of its key.

CREATE TABLE migrations (
    version INTEGER PRIMARY KEY,
    name    TEXT NOT NULL
);

-- One row a commit; `cases` names those that changed, separated by spaces.
CREATE TABLE commits (
    commit_seq  INTEGER PRIMARY KEY,
    at          BIGINT NOT NULL,
    first_entry BIGINT NOT NULL,
    entries     BIGINT NOT NULL,
    cases       TEXT NOT NULL
);

-- The record. `canonical` and `leaf` are for ever; `body` and its `salt` are erasable.
CREATE TABLE entries (
    seq        INTEGER PRIMARY KEY,
    commit_seq BIGINT NOT NULL REFERENCES commits (commit_seq),
    at         BIGINT NOT NULL,
    actor      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT,
    drill      BIGINT NOT NULL,
    run        BIGINT,
    canonical  BLOB NOT NULL,
    leaf       BLOB NOT NULL,
    salt       BLOB,
    body       BLOB
);
-- Adoptions of a catalog and refusals of a version, for its history.
CREATE INDEX entries_of_catalog ON entries (seq) WHERE kind IN ('catalog_adopted', 'repository_refused');
CREATE INDEX entries_by_subject ON entries (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX entries_of_runs ON entries (run, seq) WHERE run IS NOT NULL;
CREATE INDEX entries_of_evidence ON entries (seq) WHERE kind IN ('catalog_adopted', 'runbook_version', 'run', 'automation');
CREATE INDEX entries_of_drills ON entries (seq) WHERE kind = 'drill_held';

-- Interior nodes of the record's tree that are complete; level 0 is `entries.leaf`.
CREATE TABLE nodes (
    level BIGINT NOT NULL,
    place BIGINT NOT NULL,
    hash  BLOB NOT NULL,
    PRIMARY KEY (level, place)
);

-- What came from outside: frames, compressed with zstd, and the salt of their digests. A row goes as
-- a whole when the texts of a case that it has bytes of are erased.
CREATE TABLE journal (
    commit_seq INTEGER PRIMARY KEY REFERENCES commits (commit_seq),
    salt       BLOB NOT NULL,
    frames     BLOB NOT NULL
);

-- `opened_order` counts cases of every kind as they are opened. `over_since` is empty for as long as
-- a case must be in memory, and then says since when it need not be.
CREATE TABLE cases (
    opened_order INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    commit_seq   BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    state        TEXT NOT NULL,
    severity     TEXT NOT NULL,
    service      TEXT,
    team         TEXT NOT NULL,
    drill        BIGINT NOT NULL,
    title        TEXT NOT NULL,
    opened_at    BIGINT NOT NULL,
    over_since   BIGINT,
    data         TEXT NOT NULL
);
CREATE INDEX cases_by_state ON cases (state, opened_order);
CREATE INDEX cases_by_severity ON cases (severity, opened_order);
CREATE INDEX cases_by_service ON cases (service, opened_order);
CREATE INDEX cases_by_team ON cases (team, opened_order);
CREATE INDEX cases_by_kind ON cases (kind, opened_order);
CREATE INDEX cases_by_end ON cases (over_since);
CREATE INDEX cases_by_opening ON cases (opened_at, opened_order);
-- To look through titles without the rest of the rows.
CREATE INDEX cases_titles ON cases (opened_order, title);

-- `claimed_in` is the commit that handed the message to a delivery worker not heard of since.
CREATE TABLE messages (
    case_id    TEXT NOT NULL REFERENCES cases (id),
    number     BIGINT NOT NULL,
    commit_seq BIGINT NOT NULL,
    state      TEXT NOT NULL,
    claimed_in BIGINT,
    data       TEXT NOT NULL,
    PRIMARY KEY (case_id, number)
);
CREATE INDEX messages_under_way ON messages (case_id, number) WHERE state = 'queued';

-- Files that people attached to a case, or to a step of a run that is for none: the entry that says so, and the
-- SHA-256 of its bytes, which are kept once however often they are attached. The row goes with the texts of its case
-- or run, bytes with their last row.
CREATE TABLE blobs (
    sha256 BLOB PRIMARY KEY,
    bytes  BLOB NOT NULL
);
CREATE TABLE attachments (
    entry      INTEGER PRIMARY KEY REFERENCES entries (seq),
    commit_seq BIGINT NOT NULL,
    case_id    TEXT,
    run        BIGINT,
    number     BIGINT NOT NULL,
    sha256     BLOB NOT NULL REFERENCES blobs (sha256),
    UNIQUE (case_id, number),
    UNIQUE (run, number),
    CHECK ((case_id IS NULL) <> (run IS NULL))
);
CREATE INDEX attachments_by_blob ON attachments (sha256);

CREATE TABLE not_told (
    number     INTEGER PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    commit_seq BIGINT NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX not_told_by_case ON not_told (case_id, number);

-- Runs of runbooks; `ended_at` is empty while one is under way.
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    case_id    TEXT,
    runbook    TEXT NOT NULL,
    drill      BIGINT NOT NULL,
    ended_at   BIGINT,
    data       TEXT NOT NULL
);
CREATE INDEX runs_by_case ON runs (case_id, id) WHERE case_id IS NOT NULL;
CREATE INDEX runs_by_runbook ON runs (runbook, id);
CREATE INDEX runs_under_way ON runs (id) WHERE ended_at IS NULL;

-- Where the newest version of each runbook stands that ever changed: it may run, or it is quarantined.
CREATE TABLE runbook_standings (
    runbook    TEXT PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    data       TEXT NOT NULL
);

-- What is remembered of each automation: what it began, what waits for people, what came of it lately.
CREATE TABLE automations (
    name       TEXT PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    data       TEXT NOT NULL
);

-- Silences.
CREATE TABLE silences (
    id         INTEGER PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    state      TEXT NOT NULL,
    ends_at    BIGINT NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX silences_by_end ON silences (ends_at);

-- Changes by the order in which they were told.
CREATE TABLE changes (
    number     INTEGER PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    service    TEXT,
    drill      BIGINT NOT NULL,
    data       TEXT NOT NULL
);
CREATE INDEX changes_by_service ON changes (service, at, number);
CREATE INDEX changes_by_time ON changes (at, number);

-- Signals by the order in which they were first seen. Labels and annotations are packed pairs. One
-- that fired first while a silence covered it has no case until that is over, and keeps the name of
-- the last silence that held it back.
-- `ended_in` is the commit that ended it. `salt` salts the digest of labels, annotations and url;
-- when these are erased they become empty, the salt goes, and `texts` keeps their digest.
CREATE TABLE signals (
    number         INTEGER PRIMARY KEY,
    case_id        TEXT REFERENCES cases (id),
    silence        BIGINT REFERENCES silences (id),
    source         TEXT NOT NULL,
    adapter        TEXT NOT NULL,
    drill          BIGINT NOT NULL,
    labels         TEXT NOT NULL,
    annotations    TEXT NOT NULL,
    url            TEXT NOT NULL,
    urgency        TEXT NOT NULL,
    started_at     BIGINT NOT NULL,
    first_heard_at BIGINT NOT NULL,
    until          BIGINT,
    ended_at       BIGINT,
    expired        BIGINT NOT NULL,
    ended_in       BIGINT,
    salt           BLOB,
    texts          BLOB
);
CREATE INDEX signals_by_case ON signals (case_id, number);
CREATE INDEX signals_firing ON signals (number) WHERE ended_at IS NULL;

-- Tokens; of their secrets only the hash is known.
CREATE TABLE tokens (
    id         INTEGER PRIMARY KEY,
    commit_seq BIGINT NOT NULL,
    data       TEXT NOT NULL
);

CREATE TABLE catalogs (
    version    TEXT PRIMARY KEY,
    commit_seq BIGINT NOT NULL
);
CREATE TABLE catalog_files (
    version TEXT NOT NULL REFERENCES catalogs (version),
    path    TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (version, path)
);
-- Every version of one file.
CREATE INDEX catalog_files_by_path ON catalog_files (path, version);

-- Answers that are given again when a request comes again, for a day; `case_id` names the case that
-- one is about.
CREATE TABLE replies (
    principal   TEXT NOT NULL,
    request_key TEXT NOT NULL,
    request     BLOB NOT NULL,
    status      BIGINT NOT NULL,
    body        BLOB NOT NULL,
    at          BIGINT NOT NULL,
    commit_seq  BIGINT NOT NULL,
    case_id     TEXT,
    salt        BLOB NOT NULL,
    PRIMARY KEY (principal, request_key)
);
CREATE INDEX replies_by_age ON replies (at);

-- What there is only one of: `counters` and `repositories` (JSON), `checkpoint` (the last signed note), and, from an
-- erasure until the file has been rewritten without what was erased, `rewrite_due` (its commit).
CREATE TABLE singles (
    name TEXT PRIMARY KEY,
    data TEXT NOT NULL
);
