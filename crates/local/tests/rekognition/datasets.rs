//! Datasets: what becomes of lines, filters and pages, distribution, and what is refused.

use crate::cloud::{Cloud, box_line, code, label_line, message, source, uri};
use aws_sdk_rekognition::types::{
    DatasetSource, DatasetStatus, DatasetStatusMessageCode, DatasetType, DistributeDataset,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn lines(count: usize) -> Vec<String> {
    (0..count)
        .map(|i| label_line(&format!("{i:03}.png"), if i % 2 == 0 { &["even"] } else { &["odd", "other"] }))
        .collect()
}

fn sources(entries: &[serde_json::Value]) -> Vec<String> {
    entries.iter().map(|entry| entry["source-ref"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_listed_in_pages_and_by_filters() {
    let cloud = Cloud::new().await;
    let project = cloud.project("lists").await;
    let mut manifest = lines(20);
    manifest.push(format!(r#"{{"source-ref":"{}"}}"#, uri("plain.png")));
    manifest.push(box_line("boxed.png", "even", &[[10, 10, 20, 20], [50, 50, 20, 20]]));
    let dataset = cloud.dataset(&project, DatasetType::Train, &manifest).await;

    let entries = cloud.entries(&dataset).await;
    assert_eq!(entries.len(), 22);
    assert_eq!(entries[0]["source-ref"], uri("000.png"));
    assert_eq!(entries[0]["even-metadata"]["class-name"], "even");
    assert_eq!(entries[0]["cl-metadata"]["is_labeled"], true);
    assert_eq!(entries[20]["cl-metadata"]["is_labeled"], false);

    let list = || cloud.rekognition.list_dataset_entries().dataset_arn(&dataset);
    let labelled = list().labeled(true).send().await.unwrap().dataset_entries.unwrap();
    assert_eq!(labelled.len(), 21);
    assert_eq!(list().labeled(false).send().await.unwrap().dataset_entries.unwrap().len(), 1);
    assert_eq!(list().contains_labels("odd").send().await.unwrap().dataset_entries.unwrap().len(), 10);
    assert_eq!(
        list().contains_labels("odd").contains_labels("even").send().await.unwrap().dataset_entries.unwrap().len(),
        21
    );
    assert_eq!(list().source_ref_contains("/01").send().await.unwrap().dataset_entries.unwrap().len(), 10);
    assert_eq!(list().has_errors(true).send().await.unwrap().dataset_entries().len(), 0);
    // As AWS's own samples send it.
    assert_eq!(list().has_errors(false).next_token("").send().await.unwrap().dataset_entries.unwrap().len(), 22);

    let first = list().max_results(5).send().await.unwrap();
    let token = first.next_token.unwrap();
    assert_eq!(list().max_results(5).next_token(&token).send().await.unwrap().dataset_entries.unwrap().len(), 5);
    assert_eq!(code(list().labeled(true).next_token(&token).send().await), "InvalidPaginationTokenException");
    assert_eq!(code(list().next_token("nonsense").send().await), "InvalidPaginationTokenException");

    let labels = cloud
        .rekognition
        .list_dataset_labels()
        .dataset_arn(&dataset)
        .send()
        .await
        .unwrap()
        .dataset_label_descriptions
        .unwrap();
    let told: Vec<_> = labels
        .iter()
        .map(|l| {
            (
                l.label_name().unwrap(),
                l.label_stats().unwrap().entry_count().unwrap(),
                l.label_stats().unwrap().bounding_box_count().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("even", 11, 2), ("odd", 10, 0), ("other", 10, 0)]);

    let description = cloud.describe_dataset(&dataset).await;
    let stats = description.dataset_stats().unwrap();
    assert_eq!(
        (stats.total_entries(), stats.labeled_entries(), stats.total_labels(), stats.error_entries()),
        (Some(22), Some(21), Some(3), Some(0))
    );
    assert_eq!(description.status_message(), Some("The dataset was successfully created from the manifest file."));
    assert_eq!(description.status_message_code(), Some(&DatasetStatusMessageCode::Success));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_replaces_whole_lines_and_adds_new_ones() {
    let cloud = Cloud::new().await;
    let project = cloud.project("updates").await;
    let dataset = cloud.dataset(&project, DatasetType::Train, &lines(3)).await;
    cloud.update(&dataset, &[box_line("001.png", "qr", &[[1, 2, 30, 40]]), label_line("new.png", &["even"])]).await;
    assert_eq!(cloud.settled(&dataset).await, DatasetStatus::UpdateComplete);
    let entries = cloud.entries(&dataset).await;
    assert_eq!(sources(&entries), [uri("000.png"), uri("001.png"), uri("002.png"), uri("new.png")]);
    assert!(entries[1].get("odd").is_none());
    assert_eq!(entries[1]["bounding-box"]["annotations"][0]["width"], 30);

    // What was listed can be sent back as it is.
    let sent_back: Vec<String> = entries.iter().map(ToString::to_string).collect();
    cloud.update(&dataset, &sent_back).await;
    assert_eq!(cloud.settled(&dataset).await, DatasetStatus::UpdateComplete);
    assert_eq!(cloud.entries(&dataset).await, entries);

    // All images lie in one bucket.
    cloud.update(&dataset, &[r#"{"source-ref":"s3://another-bucket/a.png"}"#.to_owned()]).await;
    assert_eq!(cloud.settled(&dataset).await, DatasetStatus::UpdateFailed);
    let description = cloud.describe_dataset(&dataset).await;
    assert_eq!(description.status_message(), Some("The manifest file contains images from multiple S3 buckets."));
    assert_eq!(description.status_message_code(), Some(&DatasetStatusMessageCode::ClientError));
    assert_eq!(cloud.entries(&dataset).await, entries);
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_cannot_be_used_are_dropped_or_listed_with_their_errors() {
    let cloud = Cloud::new().await;
    let project = cloud.project("bad-lines").await;
    let mut manifest = lines(6);
    manifest.push("no JSON".into());
    manifest.push(r#"{"source":"s3://x/y.png"}"#.into());
    manifest.push(r#"{"source-ref":"https://example.com/y.png"}"#.into());
    manifest.push(label_line("000.png", &["twice"]));
    let broken = uri("broken.png");
    manifest.push(format!(
        r#"{{"source-ref":"{broken}","box":{{"image_size":[{{"width":640,"height":480,"depth":3}}],"annotations":[{{"class_id":7,"left":1,"top":1,"width":9,"height":9}}]}},"box-metadata":{{"objects":[{{"confidence":1}}],"class-map":{{"0":"qr"}},"type":"groundtruth/object-detection","human-annotated":"yes","creation-date":"2024-05-01T09:00:00","job-name":"x"}}}}"#
    ));
    let dataset = cloud.dataset(&project, DatasetType::Train, &manifest).await;
    let entries = cloud.entries(&dataset).await;
    assert_eq!(entries.len(), 7);
    assert_eq!(entries[0]["even-metadata"]["class-name"], "even");
    let with_errors =
        cloud.rekognition.list_dataset_entries().dataset_arn(&dataset).has_errors(true).send().await.unwrap();
    assert_eq!(with_errors.dataset_entries().len(), 1);
    assert_eq!(entries[6]["source-ref"], broken);
    assert_eq!(entries[6]["errors"][0]["code"], "ERROR_MISSING_CLASS_MAP_ID");
    assert_eq!(cloud.describe_dataset(&dataset).await.dataset_stats().unwrap().error_entries(), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_can_be_copied_and_a_bad_manifest_fails() {
    let cloud = Cloud::new().await;
    let first = cloud.project("first").await;
    let dataset = cloud.dataset(&first, DatasetType::Train, &lines(8)).await;
    let second = cloud.project("second").await;
    let request = cloud.rekognition.create_dataset().project_arn(&second).dataset_type(DatasetType::Test);
    let copy = request
        .dataset_source(DatasetSource::builder().dataset_arn(&dataset).build())
        .send()
        .await
        .unwrap()
        .dataset_arn
        .unwrap();
    assert_eq!(cloud.settled(&copy).await, DatasetStatus::CreateComplete);
    assert_eq!(cloud.entries(&copy).await, cloud.entries(&dataset).await);
    let labels = cloud.rekognition.list_dataset_labels().dataset_arn(&copy).send().await.unwrap();
    assert_eq!(labels.dataset_label_descriptions().len(), 3);

    cloud.put("manifests/bad.manifest", b"not\na\nmanifest".to_vec()).await;
    let request = cloud.rekognition.create_dataset().project_arn(&second).dataset_type(DatasetType::Train);
    let bad = request.dataset_source(source("manifests/bad.manifest")).send().await.unwrap().dataset_arn.unwrap();
    assert_eq!(cloud.settled(&bad).await, DatasetStatus::CreateFailed);
    assert_eq!(
        cloud.describe_dataset(&bad).await.status_message(),
        Some("The manifest file has too many terminal errors.")
    );
    assert_eq!(
        code(cloud.rekognition.list_dataset_entries().dataset_arn(&bad).send().await),
        "ResourceNotReadyException"
    );

    // One of each kind; a missing manifest; a missing project.
    let again = cloud.rekognition.create_dataset().project_arn(&second).dataset_type(DatasetType::Train).send().await;
    assert_eq!(code(again), "ResourceAlreadyExistsException");
    let third = cloud.project("third").await;
    let request = || cloud.rekognition.create_dataset().project_arn(&third).dataset_type(DatasetType::Train);
    assert_eq!(code(request().dataset_source(source("missing.manifest")).send().await), "InvalidS3ObjectException");
    let nowhere = third.replace("third", "fourth");
    assert_eq!(code(request().project_arn(nowhere).send().await), "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fifth_is_distributed_and_then_the_test_dataset_is_not_empty() {
    let cloud = Cloud::new().await;
    let project = cloud.project("split").await;
    let train = cloud.dataset(&project, DatasetType::Train, &lines(40)).await;
    let test = cloud.dataset(&project, DatasetType::Test, &[]).await;
    let both = [&train, &test].map(|arn| DistributeDataset::builder().arn(arn).build().unwrap());
    let distribute = || cloud.rekognition.distribute_dataset_entries().set_datasets(Some(both.to_vec())).send();
    distribute().await.unwrap();
    assert_eq!(cloud.settled(&train).await, DatasetStatus::UpdateComplete);
    assert_eq!(cloud.settled(&test).await, DatasetStatus::UpdateComplete);
    let (kept, moved) = (sources(&cloud.entries(&train).await), sources(&cloud.entries(&test).await));
    assert_eq!((kept.len(), moved.len()), (32, 8));
    assert!(kept.iter().all(|source| !moved.contains(source)));
    let labels = cloud.rekognition.list_dataset_labels().dataset_arn(&test).send().await.unwrap();
    let counts: Vec<_> =
        labels.dataset_label_descriptions().iter().map(|l| l.label_stats().unwrap().entry_count().unwrap()).collect();
    assert_eq!(counts, [4, 4, 4]);
    assert_eq!(code(distribute().await), "InvalidParameterException");

    let described = cloud.rekognition.describe_projects().project_names("split").send().await.unwrap();
    let datasets = described.project_descriptions()[0].datasets();
    assert_eq!(datasets.iter().map(|d| d.dataset_type().unwrap().as_str()).collect::<Vec<_>>(), ["TRAIN", "TEST"]);

    cloud.rekognition.delete_dataset().dataset_arn(&test).send().await.unwrap();
    let gone = async || cloud.rekognition.describe_dataset().dataset_arn(&test).send().await.is_err();
    while !gone().await {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(code(cloud.rekognition.delete_dataset().dataset_arn(&test).send().await), "ResourceNotFoundException");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_is_deleting_until_its_datasets_are_gone() {
    let held = Arc::new(AtomicBool::new(false));
    let hold = Arc::clone(&held);
    let probe = local::Probe::new(move |_, _| {
        while hold.load(Ordering::Relaxed) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    });
    let cloud = Cloud::with(|config| config.probe = probe).await;
    let project = cloud.project("going").await;
    let train = cloud.dataset(&project, DatasetType::Train, &lines(3)).await;
    held.store(true, Ordering::Relaxed);
    let said = cloud.rekognition.delete_project().project_arn(&project).send().await.unwrap();
    assert_eq!(said.status().unwrap().as_str(), "DELETING");
    let described = async || cloud.rekognition.describe_projects().send().await.unwrap().project_descriptions.unwrap();
    assert_eq!(described().await[0].status().unwrap().as_str(), "DELETING");
    assert_eq!(described().await[0].datasets()[0].status(), Some(&DatasetStatus::DeleteInProgress));
    // Nothing is added to it, nor can its name be used again.
    let add = cloud.rekognition.create_dataset().project_arn(&project).dataset_type(DatasetType::Test).send().await;
    assert_eq!(code(add), "ResourceNotFoundException");
    let again = cloud.rekognition.delete_project().project_arn(&project).send().await;
    assert_eq!(code(again), "ResourceNotFoundException");
    assert_eq!(code(cloud.rekognition.create_project().project_name("going").send().await), "ResourceInUseException");
    held.store(false, Ordering::Relaxed);
    while !described().await.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(
        code(cloud.rekognition.describe_dataset().dataset_arn(&train).send().await),
        "ResourceNotFoundException"
    );
    cloud.project("going").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_update_is_refused_while_one_runs() {
    let cloud = Cloud::new().await;
    let project = cloud.project("busy").await;
    let dataset = cloud.dataset(&project, DatasetType::Train, &lines(2)).await;
    // Enough lines that the update is still under way when the next call comes.
    let many: Vec<String> = (0..9000).map(|i| label_line(&format!("{i:05}.png"), &["even"])).collect();
    cloud.update(&dataset, &many).await;
    let changes = aws_sdk_rekognition::types::DatasetChanges::builder()
        .ground_truth(aws_sdk_rekognition::primitives::Blob::new(&*many[0]));
    let second =
        cloud.rekognition.update_dataset_entries().dataset_arn(&dataset).changes(changes.build().unwrap()).send().await;
    assert_eq!(message(second), "The dataset is in the state UPDATE_IN_PROGRESS.");
    assert_eq!(cloud.settled(&dataset).await, DatasetStatus::UpdateComplete);
    assert_eq!(cloud.describe_dataset(&dataset).await.dataset_stats().unwrap().total_entries(), Some(9002));
}
