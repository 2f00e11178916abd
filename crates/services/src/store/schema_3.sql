-- A gallery of 250,000 images counts nothing when it is looked at: triggers keep the counts.
ALTER TABLE entry ADD COLUMN boxes INTEGER NOT NULL DEFAULT 0;
-- When a person last changed what is said of the image; 0 for never.
ALTER TABLE entry ADD COLUMN changed_ms INTEGER NOT NULL DEFAULT 0;
-- Whether there are errors, and whether there is a draft.
ALTER TABLE entry ADD COLUMN failing INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entry ADD COLUMN drafted INTEGER NOT NULL DEFAULT 0;

-- Entries that left the cloud's dataset carry no labels.
DELETE FROM entry_label WHERE entry IN (SELECT id FROM entry WHERE present = 0);
UPDATE entry SET failing = errors <> '[]', drafted = draft IS NOT NULL,
    boxes = COALESCE((SELECT SUM(boxes) FROM entry_label WHERE entry = entry.id), 0);

-- All that filters and orders need, without the entries' own pages.
DROP INDEX entry_by_labelled;
CREATE INDEX entry_list ON entry (dataset, present, source, labelled, failing, drafted, boxes, changed_ms);

-- Of the entries that are present.
CREATE TABLE entry_count (
    dataset TEXT PRIMARY KEY,
    total INTEGER NOT NULL,
    labelled INTEGER NOT NULL,
    failing INTEGER NOT NULL,
    drafted INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO entry_count
    SELECT dataset, COUNT(*), SUM(labelled), SUM(failing), SUM(drafted) FROM entry WHERE present = 1 GROUP BY dataset;

CREATE TABLE label_count (
    dataset TEXT NOT NULL,
    label TEXT NOT NULL,
    images INTEGER NOT NULL,
    boxes INTEGER NOT NULL,
    PRIMARY KEY (dataset, label)
) WITHOUT ROWID;
INSERT INTO label_count SELECT dataset, label, COUNT(*), SUM(boxes) FROM entry_label GROUP BY dataset, label;

CREATE TRIGGER entry_comes AFTER INSERT ON entry WHEN new.present = 1 BEGIN
    INSERT INTO entry_count VALUES (new.dataset, 1, new.labelled, new.failing, new.drafted)
        ON CONFLICT (dataset) DO UPDATE SET total = total + 1, labelled = labelled + excluded.labelled,
            failing = failing + excluded.failing, drafted = drafted + excluded.drafted;
END;
CREATE TRIGGER entry_goes AFTER DELETE ON entry WHEN old.present = 1 BEGIN
    UPDATE entry_count SET total = total - 1, labelled = labelled - old.labelled,
        failing = failing - old.failing, drafted = drafted - old.drafted
        WHERE dataset = old.dataset;
END;
CREATE TRIGGER entry_changes AFTER UPDATE OF present, labelled, failing, drafted ON entry
WHEN old.present <> new.present OR old.labelled <> new.labelled OR old.failing <> new.failing
    OR old.drafted <> new.drafted
BEGIN
    UPDATE entry_count SET total = total + new.present - old.present,
        labelled = labelled + new.present * new.labelled - old.present * old.labelled,
        failing = failing + new.present * new.failing - old.present * old.failing,
        drafted = drafted + new.present * new.drafted - old.present * old.drafted
        WHERE dataset = new.dataset;
END;
-- A dataset that was made again keeps its entries under another ARN.
CREATE TRIGGER entry_moves AFTER UPDATE OF dataset ON entry WHEN old.dataset <> new.dataset AND new.present = 1 BEGIN
    UPDATE entry_count SET total = total - 1, labelled = labelled - old.labelled,
        failing = failing - old.failing, drafted = drafted - old.drafted
        WHERE dataset = old.dataset;
    INSERT INTO entry_count VALUES (new.dataset, 1, new.labelled, new.failing, new.drafted)
        ON CONFLICT (dataset) DO UPDATE SET total = total + 1, labelled = labelled + excluded.labelled,
            failing = failing + excluded.failing, drafted = drafted + excluded.drafted;
END;
CREATE TRIGGER label_comes AFTER INSERT ON entry_label BEGIN
    INSERT INTO label_count VALUES (new.dataset, new.label, 1, new.boxes)
        ON CONFLICT (dataset, label) DO UPDATE SET images = images + 1, boxes = boxes + excluded.boxes;
END;
CREATE TRIGGER label_goes AFTER DELETE ON entry_label BEGIN
    UPDATE label_count SET images = images - 1, boxes = boxes - old.boxes
        WHERE dataset = old.dataset AND label = old.label;
END;
CREATE TRIGGER label_changes AFTER UPDATE ON entry_label BEGIN
    UPDATE label_count SET images = images - 1, boxes = boxes - old.boxes
        WHERE dataset = old.dataset AND label = old.label;
    INSERT INTO label_count VALUES (new.dataset, new.label, 1, new.boxes)
        ON CONFLICT (dataset, label) DO UPDATE SET images = images + 1, boxes = boxes + excluded.boxes;
END;

-- A dataset that is being made again without some of its images: written before the old one is deleted, so that
-- Kenchi can go on after a crash. `manifest` lists the entries of the new one.
CREATE TABLE remaking (
    project TEXT NOT NULL,
    kind TEXT NOT NULL,
    old_arn TEXT NOT NULL,
    manifest TEXT NOT NULL,
    PRIMARY KEY (project, kind)
) WITHOUT ROWID;
