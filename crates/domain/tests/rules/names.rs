use domain::arn::Arn;
use domain::names::{check_bucket_name, check_label_name, check_project_name};
use domain::problem::ProblemKind;
use domain::s3_uri::S3Uri;

#[test]
fn project_names_are_letters_digits_underscore_dot_and_hyphen() {
    for good in ["a", "My_project.v1-2", &"x".repeat(255)] {
        assert!(check_project_name(good).is_ok(), "{good}");
    }
    for bad in ["", "a b", "検知", "a/b", &"x".repeat(256)] {
        assert_eq!(check_project_name(bad).unwrap_err().kind, ProblemKind::BadProjectName, "{bad}");
    }
}

#[test]
fn bucket_names_follow_the_rules_of_s3() {
    for good in ["abc", "custom-labels-bob", "a.b-c.1", &"x".repeat(63)] {
        assert!(check_bucket_name(good).is_ok(), "{good}");
    }
    for bad in ["ab", "Abc", "a_b_c", "-abc", "abc-", "a..b", "192.168.0.1", "xn--abc", "abc-s3alias", &"x".repeat(64)]
    {
        assert!(check_bucket_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn label_names_may_be_in_any_script_but_not_empty_or_with_control_characters() {
    assert!(check_label_name("二次元コード").is_ok());
    assert!(check_label_name(&"字".repeat(255)).is_ok());
    for bad in ["", "  ", "a\nb", &"字".repeat(256)] {
        assert!(check_label_name(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn arns_come_back_as_they_were() {
    let start = "arn:aws:rekognition:ap-northeast-1:000000000000:project/bob";
    for tail in
        ["/1700000000000", "/dataset/train/1700000000000", "/dataset/test/5", "/version/bob.2024-01-01T00.00.00/17"]
    {
        let text = format!("{start}{tail}");
        assert_eq!(text.parse::<Arn>().unwrap().to_string(), text);
    }
    for bad in
        ["", "arn:aws:s3:::b", &format!("{start}/x"), &format!("{start}/dataset/other/1"), &format!("{start}/1/2")]
    {
        assert!(bad.parse::<Arn>().is_err(), "{bad}");
    }
}

#[test]
fn s3_uris_keep_odd_keys() {
    for text in ["s3://b/a", "s3://b/a/b c+é.jpg", "s3://b//leading", "s3://b/../x"] {
        assert_eq!(text.parse::<S3Uri>().unwrap().to_string(), text);
    }
    assert_eq!("s3://b/x/y.png".parse::<S3Uri>().unwrap().file_name(), "y.png");
    for bad in ["", "b/k", "s3://", "s3:///k", "http://b/k"] {
        assert!(bad.parse::<S3Uri>().is_err(), "{bad}");
    }
}
