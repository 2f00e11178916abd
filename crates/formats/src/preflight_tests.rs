use super::*;
use domain::manifest::parse_line;
use domain::view::LineCode;
use proptest::prelude::*;

fn meta() -> LineMeta {
    LineMeta { job_name: "j".to_owned(), creation_date: "2026-01-01T00:00:00.000Z".to_owned() }
}

fn boxed(key: &str, boxes: &str) -> String {
    format!(
        r#"{{"source-ref":"s3://b/{key}","own":"kept","bounding-box":{{"image_size":[{{"width":100,"height":100,"depth":3}}],
        "annotations":[{boxes}]}},"bounding-box-metadata":{{"objects":[{{"confidence":1}},{{"confidence":1}}],
        "class-map":{{"0":"猫"}},"type":"groundtruth/object-detection"}}}}"#
    )
    .replace('\n', "")
}

const GOOD: &str = r#"{"class_id":0,"left":1.5,"top":2,"width":30,"height":40}"#;
const OVER: &str = r#"{"class_id":0,"left":80,"top":2,"width":30,"height":40}"#;

#[test]
fn sound_lines_stay_as_they_are_and_the_rest_is_mended_or_left_out() {
    let text = [
        boxed("a.png", GOOD),
        String::new(),
        "nonsense".to_owned(),
        boxed("b.png", &format!("{GOOD},{OVER}")),
        boxed("a.png", GOOD),
        r#"{"source-ref":"s3://b/c.png"}"#.to_owned(),
    ]
    .join("\n");
    let preflight = Preflight::of(&text);
    let report = preflight.report();
    assert_eq!((report.lines, report.images, report.labels, report.boxes), (5, 3, 1, 3));
    let code = |text: &str| NoteKind::Line(LineCode(text.to_owned()));
    let found: Vec<_> = report.findings.iter().map(|one| (one.line, one.kind.clone(), one.mend)).collect();
    assert_eq!(
        found,
        [
            (3, code("ERROR_INVALID_JSON_LINE"), Mend::LeaveOutLine),
            (4, code("ERROR_INVALID_BOUNDING_BOX"), Mend::ClipBox),
            (5, NoteKind::Ambiguous("s3://b/a.png".to_owned()), Mend::LeaveOutLine),
        ]
    );
    assert_eq!(report.limits, []);
    let mended = preflight.mended(&meta());
    let lines: Vec<&str> = mended.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0], boxed("a.png", GOOD), "letter by letter");
    assert_eq!(parse_line(lines[1]).unwrap().annotation.boxes.unwrap()[1].area.width, 20.0);
    assert!(Preflight::of(&mended).report().findings.is_empty());
}

#[test]
fn limits_of_the_whole_are_told() {
    let line = |bucket: &str, n: usize| format!("{{\"source-ref\":\"s3://{bucket}/{n}.png\"}}\n");
    assert_eq!(Preflight::of("\n\n").report().limits, [ManifestLimit::NoImages]);
    let both = line("one", 1) + &line("two", 2);
    let names = ["one", "two"].map(str::to_owned).to_vec();
    assert_eq!(Preflight::of(&both).report().limits, [ManifestLimit::SeveralBuckets(names)]);
    let many: String = (0..=MOST_IMAGES).map(|n| line("b", n)).collect();
    assert_eq!(Preflight::of(&many).report().limits, [ManifestLimit::TooManyImages(MOST_IMAGES as u64 + 1)]);
    let labels: String = (0..=MOST_LABELS)
        .map(|n| {
            format!(
                "{{\"source-ref\":\"s3://b/{n}.png\",\"l\":1,\"l-metadata\":{{\"class-name\":\"{n}\",\"confidence\":1,\"type\":\"groundtruth/image-classification\"}}}}\n"
            )
        })
        .collect();
    assert_eq!(Preflight::of(&labels).report().limits, [ManifestLimit::TooManyLabels(251)]);
}

#[test]
fn a_picture_that_the_service_cannot_use_goes() {
    let mut preflight = Preflight::of(&(boxed("a.png", GOOD) + "\n" + &boxed("b.png", GOOD)));
    let looked = preflight.images().cloned().zip([None, Some(LineProblem::InvalidImage)]).collect();
    preflight.looked_at(looked);
    let report = preflight.report();
    assert_eq!((report.images, report.pictures, report.all_findings), (1, 2, 1));
    assert_eq!(report.findings[0].line, 2);
    assert_eq!(preflight.mended(&meta()).lines().count(), 1);
}

proptest! {
    #[test]
    fn what_is_mended_has_nothing_left_to_mend(
        lines in prop::collection::vec((0..4_usize, -50.0..150.0_f64, -10.0..90.0_f64, "[a-c]"), 1..12),
    ) {
        let text: Vec<String> = lines
            .iter()
            .map(|(kind, left, width, key)| match kind {
                0 => boxed(key, &format!(r#"{{"class_id":0,"left":{left},"top":2,"width":{width},"height":40}}"#)),
                1 => boxed(key, &format!(r#"{{"class_id":{left},"left":1,"top":2,"width":3,"height":40}},{GOOD}"#)),
                2 => format!(r#"{{"source-ref":"s3://b/{key}","x":1}}"#),
                _ => key.clone(),
            })
            .collect();
        let preflight = Preflight::of(&text.join("\n"));
        let mended = preflight.mended(&meta());
        let again = Preflight::of(&mended);
        prop_assert_eq!(again.report().all_findings, 0, "{}", mended);
        prop_assert_eq!(again.report().images, preflight.report().images);
        for line in mended.lines() {
            prop_assert!(parse_line(line).is_ok(), "{}", line);
        }
    }
}
