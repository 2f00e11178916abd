-- What a model found on an image and nobody said yes or no to, as JSON; never a label of its own accord. An empty list
-- where it found nothing, or where all of it was decided.
CREATE TABLE suggestion (
    entry INTEGER PRIMARY KEY REFERENCES entry (id) ON DELETE CASCADE,
    version TEXT NOT NULL,
    boxes TEXT NOT NULL
);
CREATE INDEX suggestion_by_version ON suggestion (version, entry);

-- The last run of a model over the unlabelled images of a dataset. `problem` and `failures` are JSON.
CREATE TABLE suggesting (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    -- running, paused, done
    state TEXT NOT NULL,
    problem TEXT,
    total INTEGER NOT NULL,
    found INTEGER NOT NULL DEFAULT 0,
    empty INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    failures TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (project, kind)
) WITHOUT ROWID;

-- The images that such a run has still to ask about.
CREATE TABLE suggesting_open (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    entry INTEGER NOT NULL REFERENCES entry (id) ON DELETE CASCADE,
    PRIMARY KEY (project, kind, entry)
) WITHOUT ROWID;
CREATE INDEX suggesting_open_by_entry ON suggesting_open (entry);

-- Whether an image has suggestions that wait: for the filter, and counted as the others are.
ALTER TABLE entry ADD COLUMN suggested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry_count ADD COLUMN suggested INTEGER NOT NULL DEFAULT 0;
DROP INDEX entry_list;
CREATE INDEX entry_list ON entry (dataset, present, source, labelled, failing, drafted, boxes, changed_ms, suggested);

DROP TRIGGER entry_comes;
CREATE TRIGGER entry_comes AFTER INSERT ON entry WHEN new.present = 1 BEGIN
    INSERT INTO entry_count VALUES (new.dataset, 1, new.labelled, new.failing, new.drafted, new.suggested)
        ON CONFLICT (dataset) DO UPDATE SET total = total + 1, labelled = labelled + excluded.labelled,
            failing = failing + excluded.failing, drafted = drafted + excluded.drafted,
            suggested = suggested + excluded.suggested;
END;
DROP TRIGGER entry_goes;
CREATE TRIGGER entry_goes AFTER DELETE ON entry WHEN old.present = 1 BEGIN
    UPDATE entry_count SET total = total - 1, labelled = labelled - old.labelled, failing = failing - old.failing,
        drafted = drafted - old.drafted, suggested = suggested - old.suggested
        WHERE dataset = old.dataset;
END;
DROP TRIGGER entry_changes;
CREATE TRIGGER entry_changes AFTER UPDATE OF present, labelled, failing, drafted, suggested ON entry
WHEN old.present <> new.present OR old.labelled <> new.labelled OR old.failing <> new.failing
    OR old.drafted <> new.drafted OR old.suggested <> new.suggested
BEGIN
    UPDATE entry_count SET total = total + new.present - old.present,
        labelled = labelled + new.present * new.labelled - old.present * old.labelled,
        failing = failing + new.present * new.failing - old.present * old.failing,
        drafted = drafted + new.present * new.drafted - old.present * old.drafted,
        suggested = suggested + new.present * new.suggested - old.present * old.suggested
        WHERE dataset = new.dataset;
END;
DROP TRIGGER entry_moves;
CREATE TRIGGER entry_moves AFTER UPDATE OF dataset ON entry WHEN old.dataset <> new.dataset AND new.present = 1 BEGIN
    UPDATE entry_count SET total = total - 1, labelled = labelled - old.labelled, failing = failing - old.failing,
        drafted = drafted - old.drafted, suggested = suggested - old.suggested
        WHERE dataset = old.dataset;
    INSERT INTO entry_count VALUES (new.dataset, 1, new.labelled, new.failing, new.drafted, new.suggested)
        ON CONFLICT (dataset) DO UPDATE SET total = total + 1, labelled = labelled + excluded.labelled,
            failing = failing + excluded.failing, drafted = drafted + excluded.drafted,
            suggested = suggested + excluded.suggested;
END;
