//! The wire itself: what the SDK does not show, and requests that it would not send.

use bytes::Bytes;
use local::Store;
use local::rekognition::{Operation, Quotas, Settings, State, handle};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn open(folder: &std::path::Path) -> Arc<State> {
    let settings = Settings {
        region: "ap-northeast-1".into(),
        start_delay: Duration::ZERO,
        training_delay: Duration::ZERO,
        probe: local::Probe::default(),
        quotas: Quotas::default(),
    };
    State::open(Store::open(folder).unwrap(), settings).unwrap()
}

async fn call(state: &Arc<State>, operation: &str, body: &str) -> (u16, Value) {
    let target = format!("RekognitionService.{operation}");
    let response = handle(state, "000000000000", &target, Bytes::copy_from_slice(body.as_bytes())).await;
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(headers["x-amzn-requestid"].len(), 36);
    (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_itself_twice_and_has_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let (status, body) = call(&state, "DeleteProject", "{}").await;
    assert_eq!(status, 400);
    assert_eq!((&body["__type"], &body["Code"]), (&json!("ValidationException"), &json!("ValidationException")));
    assert_eq!(body["Logref"].as_str().unwrap().len(), 36);
    assert_eq!(
        body["Message"],
        "1 validation error detected: Value null at 'projectArn' failed to satisfy constraint: Member must not be null"
    );
    let (status, body) = call(&state, "DescribeProjects", "{not json").await;
    assert_eq!((status, &body["Code"]), (400, &json!("SerializationException")));
    assert_eq!(call(&state, "DetectFaces", "{}").await.1["Code"], "UnknownOperationException");
    // No body counts as an empty one, and timestamps are numbers.
    call(&state, "CreateProject", r#"{"ProjectName":"times"}"#).await;
    let (status, body) = call(&state, "DescribeProjects", "").await;
    assert_eq!(status, 200);
    assert!(body["ProjectDescriptions"][0]["CreationTimestamp"].as_f64().unwrap() > 1.7e9);
    assert!(body.get("NextToken").is_none());
}

/// Every member of every request with values of every type: refused with a sentence or taken, never a fault.
#[tokio::test(flavor = "multi_thread")]
async fn no_request_is_a_fault_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let state = open(folder.path());
    let (_, created) = call(&state, "CreateProject", r#"{"ProjectName":"fuzz"}"#).await;
    let project = created["ProjectArn"].as_str().unwrap();
    let (_, dataset) =
        call(&state, "CreateDataset", &json!({ "ProjectArn": project, "DatasetType": "TRAIN" }).to_string()).await;
    let dataset = dataset["DatasetArn"].as_str().unwrap();
    let version = format!("{}/version/v1/1", project.rsplit_once('/').unwrap().0);
    let s3_object = json!({ "S3Object": { "Bucket": "abc", "Name": "x.manifest" } });
    let right = json!({
        "ProjectName": "other", "ProjectArn": project, "DatasetArn": dataset, "DatasetType": "TEST", "ProjectVersionArn": version,
        "VersionName": "v1", "OutputConfig": { "S3Bucket": "abc" }, "Changes": { "GroundTruth": "e30=" }, "MinInferenceUnits": 1,
        "Datasets": [{ "Arn": dataset }, { "Arn": dataset }], "Image": { "Bytes": "AAAA" }, "SourceProjectArn": project,
        "SourceProjectVersionArn": version, "DestinationProjectArn": project, "PolicyName": "p", "PolicyDocument": "{}",
        "ResourceArn": project, "Tags": { "a": "b" }, "TagKeys": ["a"],
    });
    let long = "x".repeat(3000);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("x"),
        json!(" "),
        json!(long),
        json!("あ\u{0}\u{1F600}"),
        json!([]),
        json!([null]),
        json!([[[]]]),
        json!(vec!["a"; 300]),
        json!({}),
        json!({ "": {} }),
        json!({ "S3Object": {} }),
        s3_object.clone(),
        json!({ "GroundTruthManifest": s3_object }),
        json!({ "DatasetArn": dataset }),
        json!({ "Bytes": "AAAA", "S3Object": { "Bucket": "abc", "Name": "y" } }),
        json!({ "Assets": [{}] }),
        json!({ "AutoCreate": true }),
        json!({ "GroundTruth": "not base64" }),
        json!({ "GroundTruth": "" }),
    ];
    let mut calls = 0;
    for operation in Operation::ALL {
        for field in operation.request() {
            for value in &values {
                let mut body = json!({});
                for needed in operation.request().iter().filter(|f| f.required) {
                    body[needed.name] = right[needed.name].clone();
                }
                body[field.name] = value.clone();
                let (status, answer) = call(&state, operation.name(), &body.to_string()).await;
                assert!(status == 200 || status == 400, "{} {body}: {answer}", operation.name());
                assert_eq!(status == 400, answer["Code"].is_string(), "{} {body}: {answer}", operation.name());
                calls += 1;
            }
        }
    }
    assert!(calls > 1500, "{calls}");
}
