#!/usr/bin/env python3
"""Every answer of Rekognition's operations beside AWS's own model: generated requests, right and broken.

    eval "$(kenchi env)"
    python conformance.py --requests 5000 --seed 1

Reads the endpoint, the Region and the keys from the environment. Ends with 0 when no answer was invalid.
"""

import argparse
import collections
import json
import pathlib
import random
import sys
import time
import uuid

import boto3

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "boto3"))
import hostile
import pictures
from generate import Generator, Request
from shapes import OPERATIONS, Model
from wire import Wire


class World:
    """What there is on the cloud: looked at now and then, so that requests meet what exists."""

    def __init__(self, wire):
        self.wire, self.run = wire, uuid.uuid4().hex[:8]
        self.bucket = f"conformance-{self.run}"
        self.pairs, self.spare = [], []
        self.keys, self.projects, self.datasets, self.versions, self.revisions, self.token = [], [], [], [], [], None
        grey = pictures.png([bytearray([120]) * 64] * 64)
        self.images = [grey, pictures.draw(1, True)[0], b"no picture", grey[:60], grey[:-20], b"\x89PNG\r\n\x1a\n" + b"\0" * 50]

    def make(self):
        """A bucket with pictures and manifests, and a small model that runs."""
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": self.wire.region})
        lines = {"train": [], "test": []}
        for part in lines:
            for label, grey in (("dark", 20), ("light", 220)):
                for number in range(4):
                    key = f"{part}/{label}{number}.png"
                    s3.put_object(Bucket=self.bucket, Key=key, Body=pictures.png([bytearray([grey + number]) * 64] * 64))
                    self.keys.append(key)
                    lines[part].append(self.line(key, label))
            s3.put_object(Bucket=self.bucket, Key=f"{part}.manifest", Body="\n".join(lines[part]).encode())
        s3.put_object(Bucket=self.bucket, Key="broken.manifest", Body=b"{\n" + lines["train"][0].encode() + b"\nno JSON")
        self.keys += ["train.manifest", "test.manifest", "broken.manifest"]
        project = self.wire.ask("CreateProject", ProjectName=f"keeper-{self.run}")["ProjectArn"]
        for part in ("TRAIN", "TEST"):
            source = {"GroundTruthManifest": {"S3Object": {"Bucket": self.bucket, "Name": f"{part.lower()}.manifest"}}}
            self.wire.ask("CreateDataset", ProjectArn=project, DatasetType=part, DatasetSource=source)
        # Some whose training dataset can be split.
        for number in range(4):
            split = self.wire.ask("CreateProject", ProjectName=f"split-{number}-{self.run}")["ProjectArn"]
            source = {"GroundTruthManifest": {"S3Object": {"Bucket": self.bucket, "Name": "train.manifest"}}}
            self.wire.ask("CreateDataset", ProjectArn=split, DatasetType="TRAIN", DatasetSource=source)
            self.wire.ask("CreateDataset", ProjectArn=split, DatasetType="TEST")
        self.settle()
        version = self.wire.ask("CreateProjectVersion", ProjectArn=project, VersionName="v1", OutputConfig={"S3Bucket": self.bucket})
        self.until(project, ["TRAINING_IN_PROGRESS"], "TRAINING_COMPLETED")
        self.trainable, self.version = project, version["ProjectVersionArn"]
        self.keeper = {project, self.version}
        self.keeper |= {dataset["DatasetArn"] for one in self.described() if one["ProjectArn"] == project for dataset in one["Datasets"]}
        self.wire.ask("StartProjectVersion", ProjectVersionArn=version["ProjectVersionArn"], MinInferenceUnits=1)
        self.until(project, ["STARTING"], "RUNNING")

    def line(self, key, label):
        metadata = {
            "confidence": 1,
            "job-name": "labeling-job/shade",
            "class-name": label,
            "human-annotated": "yes",
            "creation-date": "2024-05-01T09:00:00",
            "type": "groundtruth/image-classification",
        }
        return json.dumps({"source-ref": f"s3://{self.bucket}/{key}", "shade": 1, "shade-metadata": metadata})

    def until(self, project, before, wanted):
        end = time.monotonic() + 120
        while True:
            version = self.wire.ask("DescribeProjectVersions", ProjectArn=project)["ProjectVersionDescriptions"][0]
            if version["Status"] == wanted:
                return
            if version["Status"] not in before or time.monotonic() > end:
                raise AssertionError(f"{wanted} is wanted: {version}")
            time.sleep(0.05)

    def settle(self):
        """Waits until no dataset is busy."""
        while any(dataset["Status"].endswith("IN_PROGRESS") for project in self.described() for dataset in project["Datasets"]):
            time.sleep(0.05)

    def described(self):
        found, token = [], ""
        while token is not None:
            answer = self.wire.ask("DescribeProjects", NextToken=token)
            found += answer["ProjectDescriptions"]
            token = answer.get("NextToken")
        return found

    def look(self):
        # What is being deleted may be gone at the next question.
        projects = [project for project in self.described() if project["Status"] != "DELETING"]
        self.projects = [project["ProjectArn"] for project in projects]
        self.datasets = [dataset["DatasetArn"] for project in projects for dataset in project["Datasets"]]
        self.pairs = [[one["DatasetArn"] for one in project["Datasets"]] for project in projects if len(project["Datasets"]) == 2]
        versions, revisions = [], []
        for project in sorted({*self.projects[:8], self.trainable}):
            for version in self.wire.ask("DescribeProjectVersions", ProjectArn=project)["ProjectVersionDescriptions"]:
                versions.append(version["ProjectVersionArn"])
            revisions += [p["PolicyRevisionId"] for p in self.wire.ask("ListProjectPolicies", ProjectArn=project)["ProjectPolicies"]]
        self.versions, self.revisions = sorted(set(versions) | {arn for arn in self.keeper if "/version/" in arn}), revisions
        self.spare = [arn for arn in self.versions if arn not in self.keeper]
        first = self.wire.ask("DescribeProjects", MaxResults=1)
        self.token = first.get("NextToken")


STRANGE = [b"", b"{", b"null", b"[]", b'"x"', b"7", b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 500, b'{"a":' * 300, b'{"ProjectName": 1e999}', b"<html></html>"]
DANGEROUS = {"StopProjectVersion", "DeleteProjectVersion", "DeleteProject", "DeleteDataset"}


def requests(generator, world, chance, count):
    """So many requests, every operation in turn: right ones, and ones with a border or a break of each member in turn."""
    waiting = {operation: [] for operation in OPERATIONS}
    made = 0
    while made < count:
        for operation in OPERATIONS:
            if not waiting[operation]:
                waiting[operation] = list(generator.broken(operation))
                chance.shuffle(waiting[operation])
            batch = [generator.right(operation), generator.right(operation), *(waiting[operation].pop() for _ in range(min(4, len(waiting[operation]))))]
            if chance.random() < 0.1:
                batch.append(Request(operation, chance.choice(STRANGE), "strange", "no JSON structure"))
            if chance.random() < 0.1:
                body = generator.right(operation).body | {"NotInTheModel": {"a": [1, None]}}
                batch.append(Request(operation, body, "taken", "with a member that the model does not know"))
            for request in batch:
                keeps = isinstance(request.body, dict) and (set(map(str, request.body.values())) & world.keeper)
                if operation in DANGEROUS and keeps:
                    continue
                made += 1
                yield request
                if made == count:
                    return


def judge(model, request, status, headers, body):
    """What is wrong with an answer: its shape, or that it is not what the request asks for."""
    wrong = model.check_answer(request.operation, status, headers, body)
    if wrong:
        return wrong
    answer = json.loads(body)
    code, message = answer.get("Code", ""), answer.get("Message", "")
    if request.expected == "taken" and code in ("ValidationException", "SerializationException"):
        wrong.append(f"the request keeps to the model, and is refused: {message}")
    if request.expected == "refused" and (code != "ValidationException" or f"at '{request.member}" not in message):
        wrong.append(f"a ValidationException at '{request.member}' is wanted, this is {code or 'taken'}: {message}")
    if request.expected == "unreadable" and code != "SerializationException":
        wrong.append(f"a SerializationException is wanted, this is {code or 'taken'}: {message}")
    return wrong


def doors(model, wire):
    """What stands in front of the operations answers in the same form."""
    cases = [
        ("UnknownOperationException", "DetectFaces", b"{}", lambda headers: None),
        ("MissingAuthenticationTokenException", "DescribeProjects", b"{}", lambda headers: headers.pop("Authorization")),
        ("InvalidSignatureException", "DescribeProjects", b"{}", lambda headers: headers.update({"X-Amz-Target": "RekognitionService.DeleteProject"})),
        ("UnrecognizedClientException", "DescribeProjects", b"{}", lambda headers: headers.update({"Authorization": headers["Authorization"].replace("AKIA", "AKIB")})),
        ("RequestEntityTooLargeException", "DescribeProjects", b" " * (17 << 20), lambda headers: None),
    ]
    invalid = 0
    for code, operation, body, change in cases:
        status, headers, answer = wire.call(operation, body, change)
        wrong = model.check_answer("DescribeProjects", status, headers, answer, doors=(code,))
        if not wrong and json.loads(answer)["Code"] != code:
            wrong = [f"{code} is wanted, this is {answer!r}"]
        for sentence in wrong:
            print(f"INVALID {code}: {sentence}", flush=True)
        invalid += bool(wrong)
    return len(cases), invalid


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=5000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--pid", type=int, help="the process of the local cloud, to look at its memory")
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    model, wire = Model(), Wire()
    world = World(wire)
    world.make()
    world.look()
    generator = Generator(model, chance, world)
    answered = set()
    counts, codes, invalid, began = collections.Counter(), collections.Counter(), 0, time.monotonic()
    for number, request in enumerate(requests(generator, world, chance, options.requests)):
        if number % 100 == 99:
            world.look()
        status, headers, body = wire.call(request.operation, request.body)
        counts[request.expected] += 1
        codes["taken" if status == 200 else json.loads(body).get("Code") if body[:1] == b"{" else "no JSON"] += 1
        if status == 200:
            answered.add(request.operation)
        wrong = judge(model, request, status, headers, body)
        if wrong:
            invalid += 1
            shown = request.body if isinstance(request.body, bytes) else json.dumps(request.body, ensure_ascii=False)
            print(f"INVALID {request.operation} {request.about}\n  request: {shown[:400]}\n  answer: {status} {body[:400]!r}")
            for sentence in wrong:
                print(f"  {sentence}", flush=True)
            if invalid >= 40:
                break
    asked, wrong = doors(model, wire)
    sent, refused_wrongly = hostile.check(model, Wire, world.version, print)
    asked, wrong = asked + sent, wrong + refused_wrongly
    if options.pid:
        memory = hostile.most_memory(options.pid)
        print(f"FIGURE memory at most, with pictures that nobody sends in good faith: {memory:.0f} MB (goal: at most 512 MB)")
        wrong += memory > 512
    wire.ask("StopProjectVersion", ProjectVersionArn=world.version)
    took = time.monotonic() - began
    print(f"{sum(counts.values())} requests of the seed {options.seed} and {asked} at the doors and with hostile pictures in {took:.1f} s: {dict(counts)}")
    print(f"answers: {dict(codes.most_common())}")
    # A short run may not meet every state that an operation needs.
    print(f"{len(answered)} of {len(OPERATIONS)} operations answered with 200, not {sorted(set(OPERATIONS) - answered)}")
    print(f"FIGURE invalid answers: {invalid + wrong} (goal: 0)")
    sys.exit(1 if invalid + wrong else 0)


if __name__ == "__main__":
    main()
