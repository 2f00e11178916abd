-- Runs of models as they were seen, for what they cost. The columns are those of domain::run::Run.
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    arn TEXT NOT NULL,
    project TEXT NOT NULL,
    model TEXT NOT NULL,
    region TEXT NOT NULL,
    units INTEGER NOT NULL,
    unit_hour_usd REAL NOT NULL,
    began_ms INTEGER NOT NULL,
    start_seen INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    ended_ms INTEGER
);
-- At most one run of a model is open.
CREATE UNIQUE INDEX run_open ON run (arn) WHERE ended_ms IS NULL;
CREATE INDEX run_by_end ON run (ended_ms);

-- Trainings that ended. The columns are those of domain::run::Trained.
CREATE TABLE trained (
    arn TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    model TEXT NOT NULL,
    ended_ms INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    usd REAL NOT NULL
) WITHOUT ROWID;

-- Prices that a person set, by Region; others have the defaults of domain::money.
CREATE TABLE price (
    region TEXT PRIMARY KEY,
    training_hour_usd REAL NOT NULL,
    inference_unit_hour_usd REAL NOT NULL
) WITHOUT ROWID;

-- Detections in bulk, which go on after Kenchi ended. `request` and `problem` are JSON.
CREATE TABLE batch (
    id TEXT PRIMARY KEY,
    created_ms INTEGER NOT NULL,
    request TEXT NOT NULL,
    -- listing, running, paused, done, failed
    state TEXT NOT NULL,
    problem TEXT,
    -- where the answers are, as JSON, once it is done
    manifest TEXT,
    -- once it is done: its pictures are forgotten then
    total INTEGER NOT NULL DEFAULT 0,
    found INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    failures TEXT NOT NULL DEFAULT '[]'
) WITHOUT ROWID;

-- The pictures of a batch: with its line of the manifest, or its problem as JSON, once it was tried.
CREATE TABLE batch_picture (
    batch TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    key TEXT NOT NULL,
    line TEXT,
    found INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    PRIMARY KEY (batch, number)
) WITHOUT ROWID;
CREATE INDEX batch_picture_open ON batch_picture (batch, number) WHERE line IS NULL AND problem IS NULL;
