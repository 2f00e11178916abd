#!/usr/bin/env python3
"""The code that the page shows for a model runs as pasted: the AWS CLI and boto3 against the local cloud.

Reads the endpoint, the Region and the keys from the environment, as `kenchi env` prints them:

    python test_snippets.py <folder of the snippets>

Ends with 0 when each of them detected, otherwise with 1 and the reason.
"""

import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time
import uuid
import zlib

import boto3

SIDE = 96


def png(shade, seed):
    """A grey picture with a little noise, by the standard library alone."""
    chance = random.Random(seed)
    rows = b"".join(
        b"\0" + bytes(max(0, min(255, int(shade + chance.gauss(0, 5)))) for _ in range(SIDE)) for _ in range(SIDE)
    )
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def line(uri, label):
    metadata = {
        "confidence": 1,
        "job-name": f"labeling-job/{label}",
        "class-name": label,
        "human-annotated": "yes",
        "creation-date": "2024-05-01T09:00:00.000Z",
        "type": "groundtruth/image-classification",
    }
    return json.dumps({"source-ref": uri, label: 1, f"{label}-metadata": metadata})


def until(look, wanted, seconds=90):
    end = time.monotonic() + seconds
    while (state := look()) != wanted:
        assert "FAILED" not in state and time.monotonic() < end, f"waited for {wanted}, saw {state}"
        time.sleep(0.2)


def running_model(s3, rekognition):
    """Trains on a few pictures and starts the model; gives its ARN."""
    name = f"snippets-{uuid.uuid4().hex[:8]}"
    where = {"LocationConstraint": s3.meta.region_name}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    lines = []
    for number in range(16):
        label, shade = ("light", 210) if number % 2 else ("dark", 40)
        key = f"images/{number}.png"
        s3.put_object(Bucket=name, Key=key, Body=png(shade, number))
        lines.append(line(f"s3://{name}/{key}", label))
    s3.put_object(Bucket=name, Key="train.manifest", Body="\n".join(lines).encode())
    project = rekognition.create_project(ProjectName=name)["ProjectArn"]
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": name, "Name": "train.manifest"}}}
    train = rekognition.create_dataset(ProjectArn=project, DatasetType="TRAIN", DatasetSource=source)["DatasetArn"]
    test = rekognition.create_dataset(ProjectArn=project, DatasetType="TEST")["DatasetArn"]
    dataset = lambda arn: rekognition.describe_dataset(DatasetArn=arn)["DatasetDescription"]["Status"]
    until(lambda: dataset(train), "CREATE_COMPLETE")
    until(lambda: dataset(test), "CREATE_COMPLETE")
    rekognition.distribute_dataset_entries(Datasets=[{"Arn": train}, {"Arn": test}])
    until(lambda: dataset(test), "UPDATE_COMPLETE")
    output = {"S3Bucket": name, "S3KeyPrefix": "evaluation"}
    arn = rekognition.create_project_version(ProjectArn=project, VersionName="v1", OutputConfig=output)["ProjectVersionArn"]
    version = lambda: rekognition.describe_project_versions(ProjectArn=project)["ProjectVersionDescriptions"][0]["Status"]
    until(version, "TRAINING_COMPLETED")
    rekognition.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=1)
    until(version, "RUNNING")
    return arn


def main(folder):
    s3, rekognition = boto3.client("s3"), boto3.client("rekognition")
    arn = running_model(s3, rekognition)
    # The two names that the page fills in.
    filled = lambda file: (folder / file).read_text().replace("__ARN__", arn).replace("__REGION__", arn.split(":")[3])
    tools = {**os.environ, "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"}
    # What the shell knows of the local cloud is the endpoint and the keys; the Region stands in the code.
    for region in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        tools.pop(region, None)
    try:
        with tempfile.TemporaryDirectory() as here:
            (pathlib.Path(here) / "picture.jpg").write_bytes(png(210, 99))
            (pathlib.Path(here) / "detect.py").write_text(filled("detect.py"))
            run = lambda *words: subprocess.run(words, cwd=here, env=tools, capture_output=True, text=True, timeout=120)
            # Pasted into a shell, without an argument.
            shell = run("sh", "-c", filled("detect.sh"))
            assert shell.returncode == 0, f"the AWS CLI ended with {shell.returncode}: {shell.stderr}"
            names = [label["Name"] for label in json.loads(shell.stdout)["CustomLabels"]]
            assert names == ["light"], f"the AWS CLI found {names}"
            print("  ok: the AWS CLI detects as pasted")
            python = run(sys.executable, "detect.py")
            assert python.returncode == 0, f"Python ended with {python.returncode}: {python.stderr}"
            assert python.stdout.startswith("light "), f"Python printed {python.stdout!r}"
            print("  ok: Python detects as pasted")
    finally:
        rekognition.stop_project_version(ProjectVersionArn=arn)


if __name__ == "__main__":
    try:
        main(pathlib.Path(sys.argv[1]))
    except AssertionError as error:
        print(f"FAILED: {error}")
        sys.exit(1)
