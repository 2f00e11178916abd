-- What Kenchi keeps of a dataset. `stamp` tells which state of the cloud's dataset the entries mirror;
-- none before the first whole reading.
CREATE TABLE dataset (
    arn TEXT PRIMARY KEY,
    display_name TEXT,
    stamp TEXT
) WITHOUT ROWID;

-- One image of a dataset: what the cloud has, and the draft over it.
CREATE TABLE entry (
    id INTEGER PRIMARY KEY,
    dataset TEXT NOT NULL,
    -- s3://bucket/key, and its key alone for searching
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    -- 0: gone from the cloud's dataset and kept for its draft only
    present INTEGER NOT NULL DEFAULT 1,
    -- the reading that saw it last
    seen INTEGER NOT NULL DEFAULT 0,
    -- annotations as JSON
    cloud TEXT NOT NULL,
    draft TEXT,
    -- counts up with each change; never falls, so that an old tab is noticed
    revision INTEGER NOT NULL DEFAULT 0,
    errors TEXT NOT NULL DEFAULT '[]',
    -- image_size of the manifest line
    width INTEGER,
    height INTEGER,
    -- of the draft if there is one, else of the cloud's
    labelled INTEGER NOT NULL,
    UNIQUE (dataset, source)
);
CREATE INDEX entry_by_labelled ON entry (dataset, present, labelled, source);
CREATE INDEX entry_with_errors ON entry (dataset, source) WHERE errors <> '[]';
CREATE INDEX entry_with_draft ON entry (dataset, source) WHERE draft IS NOT NULL;

-- The labels of an entry: of the draft if there is one, else of the cloud's.
CREATE TABLE entry_label (
    dataset TEXT NOT NULL,
    label TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    boxes INTEGER NOT NULL,
    PRIMARY KEY (dataset, label, entry)
) WITHOUT ROWID;
CREATE INDEX entry_label_by_entry ON entry_label (entry);

-- The order of the digit keys. `added` by hand: listed even while no image has it.
CREATE TABLE label (
    dataset TEXT NOT NULL,
    name TEXT NOT NULL,
    position INTEGER NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (dataset, name)
) WITHOUT ROWID;

-- Upright sizes of pictures, by source.
CREATE TABLE picture (
    source TEXT PRIMARY KEY,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL
) WITHOUT ROWID;

-- A model as it was last seen. `started_ms` while it is billed and Kenchi started it.
CREATE TABLE version (
    arn TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    status TEXT NOT NULL,
    kind TEXT,
    started_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE activity (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    project TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX activity_by_project ON activity (project, id);
