//! The tables of the object store.

/// The steps of the area `s3`; see [`super::Db::migrate`].
pub(super) const STEPS: &[&str] = &[
    // A blob is a run of bytes, named by its SHA-256. Small ones stand in `data`, others in a file. `refs` counts
    // the rows of object_part and upload_part that name it.
    "
    CREATE TABLE blob (
        sha256 BLOB NOT NULL PRIMARY KEY,
        size INTEGER NOT NULL,
        refs INTEGER NOT NULL,
        data BLOB
    );
    CREATE TABLE bucket (
        name TEXT NOT NULL PRIMARY KEY,
        created_ms INTEGER NOT NULL
    );
    -- Policy, CORS rules and the like, as they were put.
    CREATE TABLE bucket_document (
        bucket TEXT NOT NULL REFERENCES bucket (name) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (bucket, kind)
    ) WITHOUT ROWID;
    -- Keys are compared byte by byte, which is the order of S3's listings.
    CREATE TABLE object (
        id INTEGER PRIMARY KEY,
        bucket TEXT NOT NULL REFERENCES bucket (name),
        key TEXT NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        modified_ms INTEGER NOT NULL,
        headers TEXT NOT NULL,
        checksum TEXT NOT NULL,
        tags TEXT NOT NULL,
        UNIQUE (bucket, key)
    );
    CREATE TABLE object_part (
        object INTEGER NOT NULL REFERENCES object (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        size INTEGER NOT NULL,
        blob BLOB NOT NULL REFERENCES blob (sha256),
        checksum TEXT NOT NULL,
        PRIMARY KEY (object, number)
    ) WITHOUT ROWID;
    CREATE TABLE upload (
        id TEXT NOT NULL PRIMARY KEY,
        bucket TEXT NOT NULL REFERENCES bucket (name),
        key TEXT NOT NULL,
        started_ms INTEGER NOT NULL,
        headers TEXT NOT NULL,
        checksum_kind TEXT NOT NULL,
        tags TEXT NOT NULL
    );
    CREATE INDEX upload_by_key ON upload (bucket, key, id);
    CREATE TABLE upload_part (
        upload TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
        number INTEGER NOT NULL,
        size INTEGER NOT NULL,
        etag TEXT NOT NULL,
        blob BLOB NOT NULL REFERENCES blob (sha256),
        checksum TEXT NOT NULL,
        modified_ms INTEGER NOT NULL,
        PRIMARY KEY (upload, number)
    ) WITHOUT ROWID;
    -- An upload that was completed: repeating the call gets the same answer.
    CREATE TABLE upload_done (
        id TEXT NOT NULL PRIMARY KEY,
        bucket TEXT NOT NULL,
        key TEXT NOT NULL,
        etag TEXT NOT NULL,
        done_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TRIGGER object_part_added AFTER INSERT ON object_part BEGIN
        UPDATE blob SET refs = refs + 1 WHERE sha256 = NEW.blob;
    END;
    CREATE TRIGGER object_part_gone AFTER DELETE ON object_part BEGIN
        UPDATE blob SET refs = refs - 1 WHERE sha256 = OLD.blob;
    END;
    CREATE TRIGGER upload_part_added AFTER INSERT ON upload_part BEGIN
        UPDATE blob SET refs = refs + 1 WHERE sha256 = NEW.blob;
    END;
    CREATE TRIGGER upload_part_gone AFTER DELETE ON upload_part BEGIN
        UPDATE blob SET refs = refs - 1 WHERE sha256 = OLD.blob;
    END;
    ",
];
