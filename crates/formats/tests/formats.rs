//! What each format means, and that boxes survive the way through all of them.

#![allow(clippy::unwrap_used)]

use domain::geometry::{ImageSize, PixelBox};
use domain::manifest::LineMeta;
use domain::view::{Annotation, LabelledBox};
use formats::{Format, Import, NoteKind, Record, SourceFile, coco, csv, manifest, read, voc, yolo};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

fn meta() -> LineMeta {
    LineMeta { job_name: "labeling-job/kenchi".to_owned(), creation_date: "2026-01-01T00:00:00.000Z".to_owned() }
}

fn boxed(label: &str, left: f64, top: f64, width: f64, height: f64) -> LabelledBox {
    LabelledBox { label: label.to_owned(), area: PixelBox { left, top, width, height } }
}

fn kinds(import: &Import) -> Vec<(Option<u64>, NoteKind)> {
    import.notes.iter().map(|note| (note.place.line, note.kind.clone())).collect()
}

/// Boxes by image name without folder and ending.
fn by_stem(records: &[Record]) -> BTreeMap<String, Vec<LabelledBox>> {
    let boxes = |record: &Record| record.annotation.boxes.clone().unwrap_or_default();
    records.iter().map(|record| (formats::stem(&record.image).to_owned(), boxes(record))).collect()
}

fn far(a: &LabelledBox, b: &LabelledBox) -> f64 {
    let edges = |one: &LabelledBox| [one.area.left, one.area.top, one.area.right(), one.area.bottom()];
    edges(a).iter().zip(edges(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// VOC -> manifest -> COCO -> YOLO -> CSV -> VOC.
fn round_trip(records: &[Record]) -> Vec<Record> {
    let xml: Vec<SourceFile> = records
        .iter()
        .map(|record| SourceFile { name: format!("{}.xml", record.image), text: voc::write(record).unwrap() })
        .collect();
    let from_voc = sound(read(&xml, |_| None));
    let named: Vec<Record> = from_voc
        .into_iter()
        .map(|record| Record { image: format!("s3://bucket/{}", record.image), ..record })
        .collect();
    let from_manifest = sound(manifest::read("a.manifest", &manifest::write(&named, &meta())));
    let from_coco = sound(coco::read("a.json", &coco::write(&from_manifest)));
    let sizes: BTreeMap<String, Option<ImageSize>> =
        from_coco.iter().map(|record| (formats::stem(&record.image).to_owned(), record.size)).collect();
    let labels: Vec<String> = {
        let names: std::collections::BTreeSet<String> =
            from_coco.iter().flat_map(|r| r.annotation.boxes.iter().flatten()).map(|b| b.label.clone()).collect();
        names.into_iter().collect()
    };
    let mut files: Vec<SourceFile> = from_coco
        .iter()
        .map(|record| SourceFile {
            name: format!("{}.txt", formats::stem(&record.image)),
            text: yolo::write(record, &labels).unwrap(),
        })
        .collect();
    files.push(SourceFile { name: "classes.txt".to_owned(), text: labels.join("\n") });
    let from_yolo = sound(read(&files, |stem| sizes.get(stem).copied().flatten()));
    let from_csv = sound(csv::read("a.csv", &csv::write(&from_yolo)));
    let xml: Vec<SourceFile> = from_csv
        .iter()
        .map(|record| SourceFile { name: format!("{}.xml", record.image), text: voc::write(record).unwrap() })
        .collect();
    sound(read(&xml, |_| None))
}

fn sound(import: Import) -> Vec<Record> {
    assert_eq!(kinds(&import), []);
    import.records
}

#[test]
fn the_playing_cards_survive_the_way_through_all_formats_within_half_a_pixel() {
    let folder = std::env::var_os("KENCHI_PLAYING_CARDS").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets/playing-cards/images")
    });
    let mut files = Vec::new();
    for part in ["train", "test"] {
        let Ok(entries) = std::fs::read_dir(folder.join(part)) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|ending| ending == "xml") {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                files.push(SourceFile { name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    if files.is_empty() {
        eprintln!("SKIPPED: no Pascal VOC files; KENCHI_PLAYING_CARDS names their folder");
        return;
    }
    let import = read(&files, |_| None);
    assert!(import.notes.iter().all(|note| note.kind.is_mended()), "{:?}", import.notes);
    assert_eq!(import.records.len(), files.len());
    let (before, after) = (by_stem(&import.records), by_stem(&round_trip(&import.records)));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let mut boxes = 0;
    for (name, own) in &before {
        assert_eq!(own.len(), after[name].len(), "{name}");
        for (a, b) in own.iter().zip(&after[name]) {
            assert_eq!(a.label, b.label, "{name}");
            assert!(far(a, b) <= 0.5, "{name}: {a:?} became {b:?}");
            boxes += 1;
        }
    }
    assert!(boxes > files.len());
}

#[test]
fn voc_takes_cdata_entities_fractions_swapped_edges_and_cjk_names() {
    let xml = "\u{feff}<?xml version=\"1.0\"?><annotation><filename>写真 1 &amp; 2.jpg</filename>
        <size><width>640</width><height>480</height></size>
        <object><name><![CDATA[猫 & 犬]]></name><bndbox><xmin>10.5</xmin><ymin>60</ymin><xmax>30</xmax><ymax>20</ymax></bndbox></object>
        <object><name>&lt;b&gt;</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>x</xmax><ymax>2</ymax></bndbox></object>
        <object><name></name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object>
        <object><name>&lt;b&gt;</name><bndbox><xmin>600</xmin><ymin>1</ymin><xmax>700</xmax><ymax>9</ymax></bndbox></object>
        <object><name>out</name><bndbox><xmin>700</xmin><ymin>1</ymin><xmax>800</xmax><ymax>9</ymax></bndbox></object>
        </annotation>";
    let import = voc::read("a.xml", xml);
    assert_eq!(import.records[0].image, "写真 1 & 2.jpg");
    assert_eq!(
        import.records[0].annotation.boxes.as_deref().unwrap(),
        [boxed("猫 & 犬", 10.5, 20.0, 19.5, 40.0), boxed("<b>", 600.0, 1.0, 40.0, 8.0)]
    );
    assert_eq!(
        kinds(&import),
        [
            (Some(2), NoteKind::BadNumbers),
            (Some(3), NoteKind::BadLabel(String::new())),
            (Some(4), NoteKind::Clipped),
            (Some(5), NoteKind::Outside)
        ]
    );
    assert!(matches!(kinds(&voc::read("a.xml", "<annotation><object>"))[0].1, NoteKind::Unreadable(_)));
    assert!(matches!(kinds(&voc::read("a.xml", "no xml"))[0].1, NoteKind::Unreadable(_)));
}

#[test]
fn coco_takes_zero_sparse_and_text_ids_floats_and_polygons_and_names_each_bad_annotation() {
    let text = r#"{"images":[{"id":0,"file_name":"a b.jpg","width":100,"height":100},{"id":"x7","file_name":"犬/c.png"},{"id":9}],
        "categories":[{"id":0,"name":"zero"},{"id":90,"name":"九十"}],
        "annotations":[
          {"image_id":0,"category_id":0,"bbox":[1.25,2.5,10.125,20]},
          {"image_id":"x7","category_id":90,"bbox":[5,5,5,5]},
          {"image_id":4,"category_id":0,"bbox":[1,1,1,1]},
          {"image_id":0,"category_id":1,"bbox":[1,1,1,1]},
          {"image_id":0,"category_id":0,"bbox":[1,1,0,1]},
          {"image_id":0,"category_id":0,"bbox":[1,1,null,1]},
          {"image_id":0,"category_id":90,"segmentation":[[10,10,30,15,20,40]]}]}"#;
    let import = coco::read("c.json", text);
    assert_eq!(import.records.len(), 2);
    assert_eq!(
        import.records[0].annotation.boxes.as_deref().unwrap(),
        [boxed("zero", 1.25, 2.5, 10.125, 20.0), boxed("九十", 10.0, 10.0, 20.0, 30.0)]
    );
    assert_eq!(import.records[1].annotation.boxes.as_deref().unwrap(), [boxed("九十", 5.0, 5.0, 5.0, 5.0)]);
    assert_eq!(
        kinds(&import),
        [
            (Some(3), NoteKind::NoImageName),
            (Some(3), NoteKind::UnknownImageId("4".to_owned())),
            (Some(4), NoteKind::UnknownClass("1".to_owned())),
            (Some(5), NoteKind::EmptyBox),
            (Some(6), NoteKind::BadNumbers),
            (Some(7), NoteKind::Outlined)
        ]
    );
}

#[test]
fn coco_leaves_images_that_nobody_labelled_unlabelled() {
    let import = coco::read("c.json", r#"{"images":[{"id":1,"file_name":"a.jpg"}],"annotations":[],"categories":[]}"#);
    assert_eq!(import.records[0].annotation, Annotation::default());
}

#[test]
fn yolo_reads_class_lists_of_each_kind_and_needs_the_size() {
    let yaml = "train: x\nnames:\n  0: \"cat: big\"\n  3: 犬\nnc: 2\n";
    assert_eq!(yolo::classes("data.yaml", yaml), BTreeMap::from([(0, "cat: big".to_owned()), (3, "犬".to_owned())]));
    assert_eq!(yolo::classes("d.yml", "names: ['a b', \"c\"]\n")[&1], "c");
    assert_eq!(yolo::classes("d.yml", "names:\n- a\n- b\n")[&1], "b");
    assert_eq!(yolo::classes("obj.names", "猫\n\n犬\n\n")[&2], "犬");
    let classes = BTreeMap::from([(0, "a".to_owned()), (3, "b".to_owned())]);
    let size = Some(ImageSize { width: 200, height: 100 });
    let text =
        "0 0.5 0.5 0.5 0.5\n3.0 0.25 0.25 0.1 0.1 0.9\n1 0.5 0.5 0.1 0.1\n0 0.5 x 0.1 0.1\n0 0.1 0.1 0.3 0.1 0.3 0.4\n";
    let import = yolo::read("labels/p 1.txt", text, &classes, size);
    assert_eq!(import.records[0].image, "p 1");
    let boxes = import.records[0].annotation.boxes.as_deref().unwrap();
    assert_eq!(boxes.len(), 3);
    assert_eq!(boxes[0], boxed("a", 50.0, 25.0, 100.0, 50.0));
    assert!(far(&boxes[2], &boxed("a", 20.0, 10.0, 40.0, 30.0)) < 1e-9);
    assert_eq!(
        kinds(&import),
        [
            (Some(3), NoteKind::UnknownClass("1".to_owned())),
            (Some(4), NoteKind::BadNumbers),
            (Some(5), NoteKind::Outlined)
        ]
    );
    assert_eq!(kinds(&yolo::read("p.txt", text, &classes, None)), [(None, NoteKind::UnknownSize("p".to_owned()))]);
    assert_eq!(yolo::read("p.txt", "", &classes, size).records[0].annotation.boxes, Some(Vec::new()));
}

#[test]
fn csv_takes_quotes_line_breaks_other_columns_and_image_labels() {
    let text = "\u{feff}filename,width,height,class,xmin,ymin,xmax,ymax\r\n\"a, \"\"b\"\".jpg\",100,100,猫,1,2,11.5,22\r\n\r\nc.jpg,,,dog,,,,\r\nd.jpg,,,,,,,\n,1,1,x,1,1,2,2\ne.jpg,,,x,1,,2,2\n";
    let import = csv::read("t.csv", text);
    assert_eq!(import.records[0].image, "a, \"b\".jpg");
    assert_eq!(import.records[0].annotation.boxes.as_deref().unwrap(), [boxed("猫", 1.0, 2.0, 10.5, 20.0)]);
    assert_eq!(import.records[1].annotation, Annotation { labels: vec!["dog".to_owned()], boxes: None });
    assert_eq!(import.records[2].annotation.boxes, Some(Vec::new()));
    assert_eq!(kinds(&import), [(Some(6), NoteKind::NoImageName), (Some(7), NoteKind::BadNumbers)]);
    let import = csv::read("t.csv", "image;label;x;y;w;h\na.png;b;1;2;3;4\n");
    assert_eq!(import.records[0].annotation.boxes.as_deref().unwrap(), [boxed("b", 1.0, 2.0, 3.0, 4.0)]);
    assert!(matches!(kinds(&csv::read("t.csv", "a,b\n1,2\n"))[0].1, NoteKind::Unreadable(_)));
}

#[test]
fn a_manifest_line_that_comes_twice_counts_once_and_bad_ones_are_named() {
    let line = r#"{"source-ref":"s3://b/k.png"}"#;
    let import = manifest::read("m.manifest", &format!("{line}\nnonsense\n\n{line}\n"));
    assert_eq!(import.records.len(), 1);
    assert_eq!(import.notes.iter().map(|note| note.place.line).collect::<Vec<_>>(), [Some(2), Some(4)]);
}

#[test]
fn boxes_of_another_resolution_are_scaled_and_of_another_shape_refused() {
    let record = Record {
        image: "a".to_owned(),
        size: Some(ImageSize { width: 100, height: 50 }),
        annotation: Annotation { labels: Vec::new(), boxes: Some(vec![boxed("a", 10.0, 10.0, 20.0, 30.0)]) },
    };
    let fitted = record.clone().fitted_to(ImageSize { width: 200, height: 100 }).unwrap();
    assert_eq!(fitted.annotation.boxes.unwrap()[0], boxed("a", 20.0, 20.0, 40.0, 60.0));
    assert!(matches!(record.fitted_to(ImageSize { width: 50, height: 100 }), Err(NoteKind::OtherSize(_))));
}

#[test]
fn the_51st_box_is_left_out_and_named() {
    let rows: String = (0..52).map(|n| format!("a.jpg,640,480,x,{n},0,{},9\n", n + 5)).collect();
    let import = csv::read("t.csv", &format!("filename,width,height,class,xmin,ymin,xmax,ymax\n{rows}"));
    assert_eq!(import.records[0].annotation.boxes.as_ref().unwrap().len(), 50);
    assert_eq!(kinds(&import), [(Some(52), NoteKind::TooManyBoxes), (Some(53), NoteKind::TooManyBoxes)]);
}

fn record() -> impl Strategy<Value = Record> {
    let area = (0.0..600.0_f64, 0.0..440.0_f64, 2.0..40.0_f64, 2.0..40.0_f64);
    let label = prop::sample::select(vec!["猫", "dog", "a, \"b\"", "<x> & y", "0", "スペース 付き"]);
    ("[a-z写真]{1,8}( [0-9]{1,3})?", prop::collection::vec((label, area), 1..12)).prop_map(|(name, boxes)| Record {
        image: format!("{name}.jpg"),
        size: Some(ImageSize { width: 640, height: 480 }),
        annotation: Annotation {
            labels: Vec::new(),
            boxes: Some(boxes.into_iter().map(|(label, (x, y, w, h))| boxed(label, x, y, w, h)).collect()),
        },
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(record in record()) {
        let own = record.annotation.boxes.clone().unwrap();
        let close = |records: Vec<Record>, least: f64| {
            let boxes = records[0].annotation.boxes.clone().unwrap_or_default();
            assert_eq!(boxes.len(), own.len());
            for (a, b) in own.iter().zip(&boxes) {
                assert_eq!(&a.label, &b.label);
                assert!(far(a, b) <= least, "{a:?} {b:?}");
            }
        };
        close(sound(voc::read("x.xml", &voc::write(&record).unwrap())), 1e-9);
        close(sound(coco::read("x.json", &coco::write(std::slice::from_ref(&record)))), 1e-9);
        close(sound(csv::read("x.csv", &csv::write(std::slice::from_ref(&record)))), 1e-9);
        let s3 = Record { image: format!("s3://b/{}", record.image), ..record.clone() };
        close(sound(manifest::read("x.manifest", &manifest::write(&[s3], &meta()))), 0.5);
        close(round_trip(&[record]), 0.501);
    }

    #[test]
    fn no_text_makes_a_reader_fail(text in "\\PC{0,200}", name in "[a-z]{1,4}\\.(xml|json|csv|txt|manifest|yaml)") {
        let import = read(&[SourceFile { name, text }], |_| Some(ImageSize { width: 10, height: 10 }));
        prop_assert!(import.records.iter().all(|record| record.annotation.boxes.iter().flatten().count() <= 50));
    }
}

#[test]
fn a_written_archive_holds_a_file_for_each_image_with_its_folder() {
    let record = Record {
        image: "s3://b/犬 小屋/a.1.jpg".to_owned(),
        size: Some(ImageSize { width: 64, height: 64 }),
        annotation: Annotation { labels: Vec::new(), boxes: Some(vec![boxed("a", 1.0, 1.0, 9.0, 9.0)]) },
    };
    let holds = |format: Format, name: &str| {
        let bytes = formats::write(format, std::slice::from_ref(&record), &meta()).unwrap();
        bytes.windows(name.len()).any(|window| window == name.as_bytes())
    };
    assert!(holds(Format::Voc, "犬 小屋/a.1.xml"));
    assert!(holds(Format::Yolo, "labels/犬 小屋/a.1.txt"));
    assert!(holds(Format::Yolo, "classes.txt"));
}
