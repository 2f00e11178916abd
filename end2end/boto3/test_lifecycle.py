#!/usr/bin/env python3
"""The whole life of a model, by boto3: an AWS client that knows nothing of Kenchi.

Reads the endpoint, the Region and the keys from the environment, as `kenchi env` prints them:

    eval "$(kenchi env)"
    python test_lifecycle.py            # draws its pictures and trains a model for bounding boxes
    python test_lifecycle.py FOLDER     # trains a model for image labels: each subfolder of FOLDER is a label

Ends with 0 when every step did what AWS does, otherwise with 1 and the reason.
"""

import json
import pathlib
import sys
import time
import uuid

import boto3
from botocore.exceptions import ClientError

import pictures
from steps import expect, refused, say

POLL = 0.3
TRAIN, TEST = 16, 6


def until(look, wanted, while_in, seconds=60):
    """Polls `look` until it gives the wanted state; any state but those in `while_in` fails."""
    end = time.monotonic() + seconds
    while (state := look()) != wanted:
        if state not in while_in:
            raise AssertionError(f"waited for {wanted}, saw {state}")
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {wanted}, still {state}")
        time.sleep(POLL)
    say("  state:", wanted)


def box_line(uri, box):
    left, top, width, height = box
    return {
        "source-ref": uri,
        "bounding-box": {
            "image_size": [{"width": pictures.WIDTH, "height": pictures.HEIGHT, "depth": 1}],
            "annotations": [{"class_id": 0, "left": left, "top": top, "width": width, "height": height}],
        },
        "bounding-box-metadata": {
            "objects": [{"confidence": 1}],
            "class-map": {"0": "target"},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00",
            "job-name": "labeling-job/target",
        },
    }


def label_line(uri, label):
    return {
        "source-ref": uri,
        label: 1,
        f"{label}-metadata": {
            "confidence": 1,
            "job-name": f"labeling-job/{label}",
            "class-name": label,
            "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00.000Z",
            "type": "groundtruth/image-classification",
        },
    }


def drawn_set():
    """Key, bytes and what makes its line, for pictures with boxes."""
    everything = []
    for seed in range(TRAIN + TEST):
        data, box = pictures.draw(seed, True)
        everything.append((f"images/{seed:02}.png", data, lambda uri, box=box: box_line(uri, box)))
    return everything


def folder_set(folder):
    """The same for a folder whose subfolders are labels."""
    everything = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg")):
        parts = path.relative_to(folder).parts
        if len(parts) > 1:
            label = parts[0]
            key = "images/" + "/".join(parts)
            everything.append((key, path.read_bytes(), lambda uri, label=label: label_line(uri, label)))
    expect(len(everything) >= 4, f"{folder} has labelled pictures ({len(everything)})")
    return everything


def overlap(a, b):
    """Intersection over union of two boxes (left, top, width, height)."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(0, width) * max(0, height)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def main(folder):
    s3, rekognition = boto3.client("s3"), boto3.client("rekognition")
    region = s3.meta.region_name
    run = uuid.uuid4().hex[:8]
    bucket, name = f"boto3-lifecycle-{run}", f"boto3-{run}"
    everything = folder_set(pathlib.Path(folder)) if folder else drawn_set()

    say(f"bucket {bucket}")
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    for key, data, _ in everything:
        s3.put_object(Bucket=bucket, Key=key, Body=data, ContentType="image/png" if key.endswith("png") else "image/jpeg")
    listed = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="images/") for o in page["Contents"]]
    expect(len(listed) == len(everything), f"{len(listed)} pictures are uploaded and listed")
    key, data, _ = everything[0]
    expect(s3.get_object(Bucket=bucket, Key=key)["Body"].read() == data, "a picture comes back as it was sent")
    lines = [json.dumps(line(f"s3://{bucket}/{key}")) for key, _, line in everything]
    s3.put_object(Bucket=bucket, Key="datasets/train.manifest", Body="\n".join(lines).encode())

    say(f"project {name}")
    project = rekognition.create_project(ProjectName=name)["ProjectArn"]
    refused("ResourceInUseException", rekognition.create_project, ProjectName=name)
    # The client's own check is for lengths only; the pattern is the service's to check.
    refused("ValidationException", rekognition.create_project, ProjectName="no spaces")
    described = rekognition.describe_projects(ProjectNames=[name])["ProjectDescriptions"]
    expect([p["Status"] for p in described] == ["CREATED"], "the project is CREATED")

    say("datasets")
    manifest = {"GroundTruthManifest": {"S3Object": {"Bucket": bucket, "Name": "datasets/train.manifest"}}}
    train = rekognition.create_dataset(ProjectArn=project, DatasetType="TRAIN", DatasetSource=manifest)["DatasetArn"]
    test = rekognition.create_dataset(ProjectArn=project, DatasetType="TEST")["DatasetArn"]
    state = lambda arn: rekognition.describe_dataset(DatasetArn=arn)["DatasetDescription"]["Status"]
    until(lambda: state(train), "CREATE_COMPLETE", ["CREATE_IN_PROGRESS"])
    until(lambda: state(test), "CREATE_COMPLETE", ["CREATE_IN_PROGRESS"])
    stats = rekognition.describe_dataset(DatasetArn=train)["DatasetDescription"]["DatasetStats"]
    expect(stats["TotalEntries"] == stats["LabeledEntries"] == len(lines), f"all lines are entries: {stats}")
    rekognition.update_dataset_entries(DatasetArn=train, Changes={"GroundTruth": (lines[0] + "\n").encode()})
    until(lambda: state(train), "UPDATE_COMPLETE", ["UPDATE_IN_PROGRESS"])
    rekognition.distribute_dataset_entries(Datasets=[{"Arn": train}, {"Arn": test}])
    until(lambda: state(test), "UPDATE_COMPLETE", ["UPDATE_IN_PROGRESS"])
    pages = rekognition.get_paginator("list_dataset_entries").paginate(DatasetArn=test, PaginationConfig={"PageSize": 2})
    tested = [json.loads(entry)["source-ref"] for page in pages for entry in page["DatasetEntries"]]
    expect(len(tested) == round(len(lines) * 0.2), f"a fifth went into the test dataset ({len(tested)} of {len(lines)})")
    labels = rekognition.list_dataset_labels(DatasetArn=train)["DatasetLabelDescriptions"]
    say("  labels:", {label["LabelName"]: label["LabelStats"] for label in labels})

    say("training")
    began = time.monotonic()
    output = {"S3Bucket": bucket, "S3KeyPrefix": "evaluation"}
    version = rekognition.create_project_version(ProjectArn=project, VersionName="v1", OutputConfig=output)["ProjectVersionArn"]
    refused("ResourceInUseException", rekognition.create_project_version, ProjectArn=project, VersionName="v1", OutputConfig=output)
    this = {"ProjectArn": project, "VersionNames": ["v1"]}
    waiter = {"Delay": 1, "MaxAttempts": 900}
    try:
        rekognition.get_waiter("project_version_training_completed").wait(**this, WaiterConfig=waiter)
    except Exception:
        say("  saw:", rekognition.describe_project_versions(**this)["ProjectVersionDescriptions"])
        raise
    described = rekognition.describe_project_versions(**this)["ProjectVersionDescriptions"][0]
    evaluation = described["EvaluationResult"]
    say(f"  trained in {time.monotonic() - began:.1f} s, F1 {evaluation['F1Score']:.3f}: {described['StatusMessage']}")
    places = [evaluation["Summary"]["S3Object"], described["ManifestSummary"]["S3Object"]]
    for result in (described["TrainingDataResult"], described["TestingDataResult"]):
        places += [a["GroundTruthManifest"]["S3Object"] for part in ("Output", "Validation") for a in result[part]["Assets"]]
    files = {place["Name"].rsplit("/", 1)[-1]: s3.get_object(Bucket=place["Bucket"], Key=place["Name"])["Body"].read() for place in places}
    say("  outputs:", ", ".join(sorted(files)))
    expect(len(files) == 6 and all(files.values()), "the six output files can be read")
    summary = next(json.loads(data) for file, data in files.items() if file.startswith("EvaluationResultSummary"))
    expect(abs(summary["AggregatedEvaluationResults"]["F1Score"] - evaluation["F1Score"]) < 1e-6, "the summary tells the same F1")

    say("running")
    key, data, _ = next(one for one in everything if f"s3://{bucket}/{one[0]}" in tested)
    picture = {"S3Object": {"Bucket": bucket, "Name": key}}
    refused("ResourceNotReadyException", rekognition.detect_custom_labels, ProjectVersionArn=version, Image=picture)
    status = rekognition.start_project_version(ProjectVersionArn=version, MinInferenceUnits=1)["Status"]
    expect(status == "STARTING", "the model is STARTING")
    rekognition.get_waiter("project_version_running").wait(**this, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    refused("ResourceInUseException", rekognition.delete_project_version, ProjectVersionArn=version)
    from_bucket = rekognition.detect_custom_labels(ProjectVersionArn=version, Image=picture)["CustomLabels"]
    inline = rekognition.detect_custom_labels(ProjectVersionArn=version, Image={"Bytes": data})["CustomLabels"]
    expect(from_bucket == inline, "a picture in the bucket and the same bytes inline give the same answer")
    all_of_them = rekognition.detect_custom_labels(ProjectVersionArn=version, Image=picture, MinConfidence=0)["CustomLabels"]
    expect(len(all_of_them) >= len(inline), f"MinConfidence 0 gives everything ({len(all_of_them)} of {len(inline)})")
    if folder:
        expect(all("Geometry" not in label for label in all_of_them), "image labels have no Geometry")
        say("  found:", [(label["Name"], round(label["Confidence"], 1)) for label in inline])
    else:
        data, box = pictures.draw(1000, True)
        found = rekognition.detect_custom_labels(ProjectVersionArn=version, Image={"Bytes": data})["CustomLabels"]
        expect(found, "the target of an unseen picture is found")
        area = found[0]["Geometry"]["BoundingBox"]
        seen = (
            area["Left"] * pictures.WIDTH,
            area["Top"] * pictures.HEIGHT,
            area["Width"] * pictures.WIDTH,
            area["Height"] * pictures.HEIGHT,
        )
        share = overlap(seen, box)
        expect(share >= 0.5, f"its box overlaps the true one by {share:.2f} at {found[0]['Confidence']:.1f} %")
    refused("InvalidImageFormatException", rekognition.detect_custom_labels, ProjectVersionArn=version, Image={"Bytes": b"no picture"})
    missing = {"S3Object": {"Bucket": bucket, "Name": "nowhere.png"}}
    refused("InvalidS3ObjectException", rekognition.detect_custom_labels, ProjectVersionArn=version, Image=missing)

    say("stopping")
    expect(rekognition.stop_project_version(ProjectVersionArn=version)["Status"] == "STOPPING", "the model is STOPPING")
    look = lambda: rekognition.describe_project_versions(**this)["ProjectVersionDescriptions"][0]["Status"]
    until(look, "STOPPED", ["STOPPING"])
    refused("ResourceNotReadyException", rekognition.detect_custom_labels, ProjectVersionArn=version, Image=picture)

    say("deleting")
    refused("ResourceInUseException", rekognition.delete_project, ProjectArn=project)
    expect(rekognition.delete_project_version(ProjectVersionArn=version)["Status"] == "DELETING", "the model is being deleted")
    gone = lambda: "gone" if not rekognition.describe_project_versions(ProjectArn=project)["ProjectVersionDescriptions"] else "there"
    until(gone, "gone", ["there"])
    for dataset in (train, test):
        rekognition.delete_dataset(DatasetArn=dataset)
    gone = lambda: "there" if rekognition.describe_projects(ProjectNames=[name])["ProjectDescriptions"][0].get("Datasets") else "gone"
    until(gone, "gone", ["there"])
    rekognition.delete_project(ProjectArn=project)
    gone = lambda: "gone" if not rekognition.describe_projects(ProjectNames=[name])["ProjectDescriptions"] else "there"
    until(gone, "gone", ["there"])
    keys = [o["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket) for o in page.get("Contents", [])]
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    s3.delete_bucket(Bucket=bucket)
    expect(bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]], "the bucket is gone")


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else None)
    except (AssertionError, ClientError) as error:
        say(f"FAILED: {error}")
        sys.exit(1)
    say("the whole life of a model works by boto3")
