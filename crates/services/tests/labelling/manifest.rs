//! A manifest is looked through before a dataset is made from it, and mended.

use crate::world::{BUCKET, PROJECT, TRAIN, World, boxes, image, line};
use domain::view::{Annotation, DatasetSource, LineCode, Mend, NoteKind};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_its_line_and_mended_before_the_dataset_is_made() {
    let world = World::new(|_| ()).await;
    let dir = tempfile::tempdir().unwrap();
    let kenchi = world.kenchi(dir.path()).await;
    kenchi.services.create_bucket(BUCKET).await.unwrap();
    kenchi.services.create_project(PROJECT).await.unwrap();
    // Two pictures are there, one of them is none.
    let mut png = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_pixel(640, 480, image::Luma([7]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    for number in [0, 1] {
        let bytes = png.get_ref().clone().into();
        kenchi.services.upload_image(BUCKET.to_owned(), image(number).key, bytes).await.unwrap();
    }
    let over = line(1, &boxes(&["猫".to_owned()])).replace("\"left\":10", "\"left\":630");
    let text = [
        line(0, &boxes(&["猫".to_owned()])),
        "no JSON\n".to_owned(),
        over,
        line(5, &Annotation::default()),
        line(0, &Annotation::default()),
    ]
    .concat();
    let source = |mend| DatasetSource::ManifestText { bucket: BUCKET.to_owned(), text: text.clone(), mend };
    let found = kenchi.services.check_manifest(&source(false)).await.unwrap();
    let code = |code: &str| NoteKind::Line(LineCode(code.to_owned()));
    let findings: Vec<_> = found.findings.iter().map(|one| (one.line, one.kind.clone(), one.mend)).collect();
    assert_eq!(
        findings,
        [
            (2, code("ERROR_INVALID_JSON_LINE"), Mend::LeaveOutLine),
            (3, code("ERROR_INVALID_BOUNDING_BOX"), Mend::ClipBox),
            (4, code("ERROR_INVALID_IMAGE"), Mend::LeaveOutLine),
            (5, NoteKind::Ambiguous(image(0).to_string()), Mend::LeaveOutLine),
        ]
    );
    assert_eq!((found.lines, found.images, found.pictures, found.boxes), (5, 2, 3, 2));
    // As it is, it is refused with its first bad line.
    assert!(kenchi.services.create_dataset(PROJECT, TRAIN, source(false), None).await.is_err());
    kenchi.make(TRAIN, text.clone(), true).await;
    kenchi.read(TRAIN).await;
    assert_eq!(kenchi.keys(TRAIN).await, [image(0).key, image(1).key]);
    let cut = kenchi.entry(TRAIN, 1).await;
    assert_eq!((cut.annotation.boxes.unwrap()[0].area.width, cut.errors.len()), (10.0, 0));
}
