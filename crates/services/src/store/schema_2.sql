-- Until when a model may run; written before the model is asked to start. The columns are those of
-- domain::lease::Lease.
CREATE TABLE lease (
    arn TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    began_ms INTEGER NOT NULL,
    hard_end_ms INTEGER NOT NULL,
    idle_ms INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    most_usd REAL
) WITHOUT ROWID;

-- The newest time that the keeper saw, one row: a clock turned back while Kenchi was off extends nothing.
CREATE TABLE keeper_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seen_ms INTEGER NOT NULL
);
