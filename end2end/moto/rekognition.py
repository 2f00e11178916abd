#!/usr/bin/env python3
"""The local cloud's Rekognition beside moto's server: requests a second, a manifest of 250,000 lines, listing it, and
detections while a training runs.

    python rekognition.py --pid <of the local cloud> --moto http://127.0.0.1:5000 --moto-pid <of moto's server>

The local cloud's endpoint, Region and keys come from the environment, as `kenchi env` prints them.
"""

import argparse
import json
import os
import pathlib
import socket
import statistics
import sys
import time
import urllib.parse

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "boto3"))
import pictures

REGION = os.environ["AWS_REGION"]
CONNECTIONS, ROUNDS, SECONDS = 4, 5, 1.5
LINES = 250_000
BUCKET = "bench-rekognition"


def signed(endpoint, operation, body):
    """The bytes of a signed request: the same can be sent again and again for five minutes."""
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"RekognitionService.{operation}"}
    request = AWSRequest("POST", endpoint + "/", headers=headers, data=json.dumps(body).encode())
    credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, "rekognition", REGION).add_auth(request)
    address = urllib.parse.urlsplit(endpoint).netloc
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\nHost: {address}\r\n{head}Content-Length: {len(request.data)}\r\n\r\n".encode() + request.data


def read_answer(file):
    status, length = file.readline(), 0
    if not status:
        raise ConnectionError
    while (line := file.readline().strip()):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return int(status.split()[1]), file.read(length)


class Load:
    """The same request over a few connections at once, a new one wherever the server closed the last."""

    def __init__(self, endpoint, request):
        self.address = urllib.parse.urlsplit(endpoint)
        self.request, self.open = request, [None] * CONNECTIONS

    def send(self, number):
        if self.open[number] is None:
            connection = socket.create_connection((self.address.hostname, self.address.port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.open[number] = (connection, connection.makefile("rb"))
        self.open[number][0].sendall(self.request)

    def rate(self, pid):
        """Answers a second, and the server's CPU milliseconds for each."""
        count, began, cpu = 0, time.perf_counter(), cpu_seconds(pid)
        while time.perf_counter() - began < SECONDS:
            for number in range(CONNECTIONS):
                self.send(number)
            for number in range(CONNECTIONS):
                status, body = read_answer(self.open[number][1])
                assert status == 200, body[:300]
                count += 1
                if self.closes:
                    self.open[number] = None
        took = time.perf_counter() - began
        return count / took, (cpu_seconds(pid) - cpu) * 1000 / count

    closes = False


def cpu_seconds(pid):
    """Of a process and its children."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def most_memory(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def line(bucket, number):
    return json.dumps({
        "source-ref": f"s3://{bucket}/images/{number:06}.jpg",
        "bounding-box": {
            "image_size": [{"width": 640, "height": 480, "depth": 3}],
            "annotations": [{"class_id": number % 10, "left": 10, "top": 20, "width": 100 + number % 50, "height": 90}],
        },
        "bounding-box-metadata": {
            "objects": [{"confidence": 1}],
            "class-map": {str(number % 10): f"label-{number % 10}"},
            "type": "groundtruth/object-detection",
            "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00",
            "job-name": "bench",
        },
    })


def requests_a_second(client, pid, moto, moto_pid):
    """moto's server answers one operation of Custom Labels, DetectCustomLabels, with a fixed text; DescribeProjects it
    does not know. Ours answers DescribeProjects from the disk's state, with ten projects."""
    for number in range(10):
        client.create_project(ProjectName=f"bench-{number}")
    ours, theirs = os.environ["AWS_ENDPOINT_URL"].rstrip("/"), moto.rstrip("/")
    image = {"S3Object": {"Bucket": "bench", "Name": "x.png"}}
    arn = f"arn:aws:rekognition:{REGION}:123456789012:project/a/version/b/1700000000000"
    rates = {"ours": [], "theirs": []}
    loads = {
        "ours": (Load(ours, signed(ours, "DescribeProjects", {})), pid),
        "theirs": (Load(theirs, signed(theirs, "DetectCustomLabels", {"ProjectVersionArn": arn, "Image": image})), moto_pid),
    }
    # Werkzeug's server closes each connection after its answer.
    loads["theirs"][0].closes = True
    for _ in range(ROUNDS):
        for name, (load, of) in loads.items():
            rates[name].append(load.rate(of))
    middle = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in rates.items()}
    (own, own_cpu), (other, other_cpu) = middle["ours"], middle["theirs"]
    print(f"FIGURE DescribeProjects of 10 projects: {own:.0f} requests a second, moto's DetectCustomLabels (a fixed answer): {other:.0f}; {own / other:.1f} times (goal: at least 8)")
    print(f"FIGURE CPU for each: {own_cpu:.3f} ms, moto {other_cpu:.3f} ms")


def large_dataset(client, s3, pid):
    """A manifest of 250,000 lines: from CreateDataset to CREATE_COMPLETE, and its pages."""
    text = "\n".join(line(BUCKET, number) for number in range(LINES)).encode()
    s3.put_object(Bucket=BUCKET, Key="large.manifest", Body=text)
    size = len(text) / 1e6
    del text
    project = client.create_project(ProjectName="large")["ProjectArn"]
    source = {"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Name": "large.manifest"}}}
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    arn = client.create_dataset(ProjectArn=project, DatasetType="TRAIN", DatasetSource=source)["DatasetArn"]
    while (seen := client.describe_projects(ProjectNames=["large"])["ProjectDescriptions"][0]["Datasets"][0])["Status"] == "CREATE_IN_PROGRESS":
        time.sleep(0.1)
    took, cpu = time.perf_counter() - began, cpu_seconds(pid) - cpu
    assert seen["Status"] == "CREATE_COMPLETE", seen
    stats = client.describe_dataset(DatasetArn=arn)["DatasetDescription"]["DatasetStats"]
    assert stats["TotalEntries"] == stats["LabeledEntries"] == LINES and stats["TotalLabels"] == 10, stats
    print(f"FIGURE a manifest of {LINES} lines, {size:.0f} MB: {took:.1f} s to CREATE_COMPLETE (goal: at most 15 s), {cpu:.1f} CPU s")
    print(f"FIGURE memory of the local cloud until then, at most: {most_memory(pid):.0f} MB (goal: at most 256 MB)")
    kinds = {"no filter": {}, "ContainsLabels": {"ContainsLabels": ["label-3"]}, "SourceRefContains": {"SourceRefContains": "/00"}, "Labeled=false, nothing found": {"Labeled": False}, "HasErrors, nothing found": {"HasErrors": True}, "SourceRefContains, nothing found": {"SourceRefContains": "nowhere"}}
    for name, filters in kinds.items():
        times, token = [], ""
        for _ in range(1000 if name == "no filter" else 200):
            began = time.perf_counter()
            page = client.list_dataset_entries(DatasetArn=arn, MaxResults=100, NextToken=token, **filters)
            times.append((time.perf_counter() - began) * 1000)
            token = page.get("NextToken", "")
        times.sort()
        print(f"FIGURE ListDatasetEntries, a page of 100, {name}: p99 {times[int(len(times) * 0.99)]:.1f} ms, median {times[len(times) // 2]:.1f} ms, boto3 included (goal: at most 20 ms)")


def detections_beside_a_training(client, s3):
    """How long a detection takes alone, and while another model is being trained."""
    def lines(count, first):
        for seed in range(first, first + count):
            data, (left, top, width, height) = pictures.draw(seed, True)
            s3.put_object(Bucket=BUCKET, Key=f"targets/{seed}.png", Body=data)
            made = json.loads(line(BUCKET, 0))
            made["source-ref"] = f"s3://{BUCKET}/targets/{seed}.png"
            made["bounding-box"]["image_size"] = [{"width": pictures.WIDTH, "height": pictures.HEIGHT, "depth": 1}]
            made["bounding-box"]["annotations"] = [{"class_id": 0, "left": left, "top": top, "width": width, "height": height}]
            yield json.dumps(made)

    project = client.create_project(ProjectName="beside")["ProjectArn"]
    for kind, count, first in (("TRAIN", 24, 0), ("TEST", 6, 100)):
        s3.put_object(Bucket=BUCKET, Key=f"{kind}.manifest", Body="\n".join(lines(count, first)).encode())
        source = {"GroundTruthManifest": {"S3Object": {"Bucket": BUCKET, "Name": f"{kind}.manifest"}}}
        client.create_dataset(ProjectArn=project, DatasetType=kind, DatasetSource=source)
    status = lambda name: client.describe_project_versions(ProjectArn=project, VersionNames=[name])["ProjectVersionDescriptions"][0]["Status"]
    while any(d["Status"] == "CREATE_IN_PROGRESS" for d in client.describe_projects(ProjectNames=["beside"])["ProjectDescriptions"][0]["Datasets"]):
        time.sleep(0.1)
    train = lambda name: client.create_project_version(ProjectArn=project, VersionName=name, OutputConfig={"S3Bucket": BUCKET})["ProjectVersionArn"]
    version = train("v1")
    while status("v1") == "TRAINING_IN_PROGRESS":
        time.sleep(0.2)
    client.start_project_version(ProjectVersionArn=version, MinInferenceUnits=1)
    while status("v1") != "RUNNING":
        time.sleep(0.1)
    picture = pictures.draw(500, True)[0]

    def times(until):
        taken = []
        while until(taken):
            began = time.perf_counter()
            client.detect_custom_labels(ProjectVersionArn=version, Image={"Bytes": picture})
            taken.append((time.perf_counter() - began) * 1000)
        return sorted(taken)

    alone = times(lambda taken: len(taken) < 100)
    train("v2")
    beside = times(lambda taken: len(taken) < 400 and (len(taken) % 20 or status("v2") == "TRAINING_IN_PROGRESS"))
    client.stop_project_version(ProjectVersionArn=version)
    show = lambda taken: f"median {taken[len(taken) // 2]:.0f} ms, slowest {taken[-1]:.0f} ms"
    print(f"FIGURE detection alone: {show(alone)}; while a training runs ({len(beside)} of them): {show(beside)}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--pid", type=int, required=True)
    arguments.add_argument("--moto", required=True)
    arguments.add_argument("--moto-pid", type=int, required=True)
    options = arguments.parse_args()
    config = Config(retries={"max_attempts": 1})
    client, s3 = boto3.client("rekognition", config=config), boto3.client("s3", config=config)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    requests_a_second(client, options.pid, options.moto, options.moto_pid)
    large_dataset(client, s3, options.pid)
    detections_beside_a_training(client, s3)


if __name__ == "__main__":
    main()
