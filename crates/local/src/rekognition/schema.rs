//! The tables of Rekognition in the local cloud's database. All names begin with `rek_`.

/// Each step runs once; steps are only ever appended.
pub const STEPS: &[&str] = &[
    "
CREATE TABLE rek_project (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    arn TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL
);
CREATE TABLE rek_dataset (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES rek_project(id),
    kind TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    message_code TEXT NOT NULL,
    UNIQUE (project_id, kind)
);
-- What a dataset is busy with: it is done again from the beginning after a crash.
CREATE TABLE rek_dataset_work (
    dataset_id INTEGER PRIMARY KEY REFERENCES rek_dataset(id),
    work TEXT NOT NULL,
    lines BLOB
);
CREATE TABLE rek_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset_id INTEGER NOT NULL REFERENCES rek_dataset(id),
    source_ref TEXT NOT NULL,
    line TEXT NOT NULL,
    is_labeled INTEGER NOT NULL,
    has_errors INTEGER NOT NULL,
    UNIQUE (dataset_id, source_ref)
);
CREATE INDEX rek_entry_of_dataset ON rek_entry (dataset_id, id, is_labeled, has_errors);
CREATE TABLE rek_entry_label (
    entry_id INTEGER NOT NULL REFERENCES rek_entry(id),
    label TEXT NOT NULL,
    dataset_id INTEGER NOT NULL,
    boxes INTEGER NOT NULL,
    PRIMARY KEY (entry_id, label)
) WITHOUT ROWID;
CREATE INDEX rek_label_of_dataset ON rek_entry_label (dataset_id, label, entry_id, boxes);
CREATE TABLE rek_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES rek_project(id),
    name TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    message TEXT NOT NULL,
    output_bucket TEXT NOT NULL,
    output_prefix TEXT NOT NULL,
    -- JSON of the request's members, for the answer of DescribeProjectVersions.
    training_data TEXT,
    testing_data TEXT,
    description TEXT,
    kms_key TEXT,
    source_arn TEXT,
    min_units INTEGER,
    max_units INTEGER,
    ended_ms INTEGER,
    billable_seconds INTEGER,
    f1 REAL,
    validated INTEGER NOT NULL DEFAULT 0,
    UNIQUE (project_id, name)
);
-- The lines that a training reads, as they were when it was asked for; gone when it has ended.
CREATE TABLE rek_training_line (
    version_id INTEGER NOT NULL REFERENCES rek_version(id),
    part TEXT NOT NULL,
    number INTEGER NOT NULL,
    line TEXT NOT NULL,
    PRIMARY KEY (version_id, part, number)
) WITHOUT ROWID;
CREATE TABLE rek_model (
    version_id INTEGER PRIMARY KEY REFERENCES rek_version(id),
    bytes BLOB NOT NULL
);
CREATE TABLE rek_tag (
    resource_arn TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (resource_arn, key)
) WITHOUT ROWID;
CREATE TABLE rek_policy (
    project_id INTEGER NOT NULL REFERENCES rek_project(id),
    name TEXT NOT NULL,
    revision TEXT NOT NULL,
    document TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (project_id, name)
) WITHOUT ROWID;
",
    "
-- How far a training has come that may be cut off; gone when it has ended.
CREATE TABLE rek_checkpoint (
    version_id INTEGER PRIMARY KEY REFERENCES rek_version(id),
    state BLOB NOT NULL
);
",
    // A project's name is unique in its account. The table is made anew, as SQLite can't drop a constraint; other tables
    // go on naming its rows, which is looked at when the transaction ends.
    "
PRAGMA defer_foreign_keys = ON;
CREATE TEMP TABLE old_project AS SELECT id, name, arn, created_ms FROM rek_project;
DELETE FROM rek_project;
DROP TABLE rek_project;
CREATE TABLE rek_project (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    UNIQUE (account, name)
);
INSERT INTO rek_project (id, account, name, arn, created_ms)
    SELECT id, '000000000000', name, arn, created_ms FROM old_project;
DROP TABLE old_project;
CREATE INDEX rek_project_of_account ON rek_project (account, id);
",
    // Filters of a listing look at nothing else.
    "
DROP INDEX rek_entry_of_dataset;
CREATE INDEX rek_entry_of_dataset ON rek_entry (dataset_id, id, is_labeled, has_errors, source_ref);
",
    // A project whose datasets go first is DELETING meanwhile.
    "
ALTER TABLE rek_project ADD COLUMN status TEXT NOT NULL DEFAULT 'CREATED';
",
];

#[cfg(test)]
mod tests {
    use super::STEPS;
    use rusqlite::Connection;

    /// As the store runs them: foreign keys are on, and a step is inside a transaction.
    #[test]
    fn projects_of_an_older_kenchi_come_to_the_first_account() {
        let db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "foreign_keys", true).unwrap();
        let (old, new) = STEPS.split_at(2);
        old.iter().for_each(|step| db.execute_batch(step).unwrap());
        db.execute_batch(
            "INSERT INTO rek_project VALUES (7, 'cards', 'arn:p', 1);
             INSERT INTO rek_dataset VALUES (3, 7, 'TRAIN', 'arn:d', 1, 1, 'CREATE_COMPLETE', '', 'SUCCESS');
             INSERT INTO rek_entry VALUES (1, 3, 's3://b/k', '{}', 1, 0);",
        )
        .unwrap();
        for step in new {
            db.execute_batch(&format!("BEGIN; SAVEPOINT work; {step} RELEASE work; COMMIT")).unwrap();
        }
        let found: (String, String) = db
            .query_row("SELECT p.account, e.source_ref FROM rek_project p JOIN rek_dataset d ON d.project_id = p.id JOIN rek_entry e ON e.dataset_id = d.id", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(found, ("000000000000".into(), "s3://b/k".into()));
        // Names are free in another account, ids go on, and foreign keys still hold.
        db.execute_batch("INSERT INTO rek_project (account, name, arn, created_ms) VALUES ('2', 'cards', 'arn:q', 1)")
            .unwrap();
        assert!(db.last_insert_rowid() > 7);
        assert!(db.execute_batch("DELETE FROM rek_project WHERE id = 7").is_err());
    }
}
