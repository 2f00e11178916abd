"""Requests drawn from AWS's model: right ones, ones at a border, and ones with exactly one thing broken.

Each comes with what must be answered: "taken" (it keeps to the model: an answer or a declared error, never a
ValidationException), "refused" (ValidationException that names the member) or "unreadable" (SerializationException).
"""

import base64
import json
from dataclasses import dataclass

REGION = "ap-northeast-1"


@dataclass
class Request:
    operation: str
    body: object
    expected: str
    about: str
    # The member that a refusal must name, as AWS's messages write it.
    member: str = ""


def small(name):
    return name[:1].lower() + name[1:]


class Generator:
    def __init__(self, model, chance, world):
        self.model, self.chance, self.world = model, chance, world

    # Right values.

    def value(self, name, path):
        """A value that keeps to the shape, taken from what there is where that makes sense."""
        shape, chance = self.model.shapes[name], self.chance
        special = getattr(self, "of_" + name, None)
        if special:
            return special()
        kind = shape["type"]
        if kind == "structure":
            return self.structure(name, path)
        if kind == "list":
            size = chance.randint(shape.get("min", 0), min(shape.get("max", 3), max(shape.get("min", 0), 3)))
            return [self.value(shape["member"]["shape"], path) for _ in range(size)]
        if kind == "map":
            return {self.value(shape["key"]["shape"], path): self.value(shape["value"]["shape"], path) for _ in range(chance.randint(0, 3))}
        if "enum" in shape:
            return chance.choice(shape["enum"])
        if kind == "string":
            return self.text(shape, chance.randint(max(1, shape.get("min", 0)), min(shape.get("max", 20), 20)))
        if kind in ("integer", "long"):
            return chance.choice([shape.get("min", 0), min(shape.get("max", 50), chance.randint(shape.get("min", 0), 100))])
        if kind == "float":
            return chance.choice([shape.get("min", 0), shape.get("max", 100), round(chance.uniform(0, 100), 3)])
        if kind == "boolean":
            return chance.random() < 0.5
        raise NotImplementedError(kind)

    def structure(self, name, path, optional=0.4):
        shape = self.model.shapes[name]
        made = {}
        for member, inner in shape["members"].items():
            if member in shape.get("required", []) or self.chance.random() < optional:
                made[member] = self.value(inner["shape"], f"{path}.{member}")
        return made

    LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

    def text(self, shape, length):
        """A text of a length that fits the shape's pattern, if it has one."""
        letters = self.LETTERS
        pattern = shape.get("pattern", "")
        if pattern == "[0-9A-Fa-f]+":
            letters = "0123456789abcdefABCDEF"
        elif pattern.startswith("[a-zA-Z0-9_.") or pattern.startswith("[0-9A-Za-z"):
            letters += "_.-"
        elif not pattern or pattern in (".{1,}", ".*\\S.*") or "\\p{L}" in pattern:
            letters += " あ検査é_.-"
        text = "".join(self.chance.choice(letters) for _ in range(length))
        # A text of spaces alone would miss some patterns; "aws:" can't come, as ":" does not.
        return text if not text or text.strip() else "x" * length

    def some(self, things, otherwise):
        """One of the things that there are, mostly."""
        return self.chance.choice(things) if things and self.chance.random() < 0.85 else otherwise()

    def strange_arn(self, tail):
        account = self.chance.choice(["000000000000", "000000000000", "999999999999"])
        region = self.chance.choice([REGION, REGION, "us-east-1"])
        return f"arn:aws:rekognition:{region}:{account}:project/{tail}/{self.chance.randint(1, 10**13)}"

    def of_ProjectArn(self):
        return self.some(self.world.projects, lambda: self.strange_arn("nowhere"))

    def of_DatasetArn(self):
        return self.some(self.world.datasets, lambda: self.strange_arn("nowhere/dataset/" + self.chance.choice(["train", "test"])))

    def of_ProjectVersionArn(self):
        return self.some(self.world.versions, lambda: self.strange_arn("nowhere/version/v1"))

    def of_ResourceArn(self):
        things = self.world.projects + self.world.datasets + self.world.versions
        return self.some(things, lambda: self.chance.choice([self.strange_arn("nowhere"), "x" * 20, "arn:aws:s3:::a-bucket-of-mine"]))

    def of_ProjectName(self):
        return self.some([arn.split("/")[1] for arn in self.world.projects], lambda: self.text(self.model.shapes["ProjectName"], 8))

    def of_VersionName(self):
        return self.some(["v1", "v2", "v3", "copy"], lambda: self.text(self.model.shapes["VersionName"], 8))

    def of_S3Bucket(self):
        return self.some([self.world.bucket], lambda: "no-such-bucket")

    def of_S3ObjectName(self):
        return self.some(self.world.keys, lambda: "nothing/here.png")

    def of_ProjectPolicyName(self):
        return self.chance.choice(["a", "b", "c", "d", "e", "f", "g"])

    def of_ProjectPolicyRevisionId(self):
        return self.some(self.world.revisions, lambda: "0123456789abcdef0123456789ABCDEF")

    def of_ProjectPolicyDocument(self):
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": "111122223333"},
            "Action": "rekognition:CopyProjectVersion",
            "Resource": "*",
        }
        if self.chance.random() < 0.3:
            del statement[self.chance.choice(list(statement))]
        return self.chance.choice([json.dumps({"Version": "2012-10-17", "Statement": [statement]})] * 4 + ["{", "[]", "no policy"])

    def of_ExtendedPaginationToken(self):
        return self.chance.choice(["", "", "x", self.world.token or ""])

    def of_TagKey(self):
        return self.chance.choice(["team", "部署", "cost-center", "a b", "kenchi:training"])

    def of_UInteger(self):
        return self.chance.choice([0, 1, 5, 2**31 - 1])

    def of_InferenceUnits(self):
        return self.chance.choice([1, 1, 2, 5, 6, 2**31 - 1])

    def of_KmsKeyId(self):
        return "arn:aws:kms:ap-northeast-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    def of_VersionDescription(self):
        return "A model (for 'tests'): ok, yes; no?"

    def of_S3KeyPrefix(self):
        return self.chance.choice(["", "out", "out/deep/"])

    def of_GroundTruthBlob(self):
        lines = []
        for _ in range(self.chance.randint(1, 4)):
            key = self.chance.choice(self.world.keys)
            line = {"source-ref": f"s3://{self.world.bucket}/{key}"}
            if self.chance.random() < 0.7:
                label = self.chance.choice(["dark", "light", "検査"])
                line[label] = 1
                line[label + "-metadata"] = {
                    "confidence": 1,
                    "class-name": label,
                    "type": "groundtruth/image-classification",
                    "human-annotated": "yes",
                    "creation-date": "2024-05-01T09:00:00",
                    "job-name": "j",
                }
            if self.chance.random() < 0.2:
                line.pop(self.chance.choice(list(line)))
            lines.append(json.dumps(line, ensure_ascii=False) if self.chance.random() < 0.9 else "{broken")
        return base64.b64encode("\n".join(lines).encode()).decode()

    def of_Image(self):
        if self.chance.random() < 0.5:
            return {"Bytes": base64.b64encode(self.chance.choice(self.world.images)).decode()}
        image = {"S3Object": {"Bucket": self.of_S3Bucket(), "Name": self.of_S3ObjectName()}}
        if self.chance.random() < 0.1:
            image["Bytes"] = "AAAA"
        return {} if self.chance.random() < 0.05 else image

    def right(self, operation):
        name = self.model.input(operation)
        body = self.structure(name, "")
        # What is made needs a name that is free, mostly.
        for member in ("ProjectName", "VersionName"):
            if member in body and self.chance.random() < 0.7:
                body[member] = self.text(self.model.shapes[member], 12)
        if operation == "DescribeProjects" and self.chance.random() < 0.5:
            body.pop("NextToken", None)
        if operation == "CreateProject" and self.chance.random() < 0.8:
            body.pop("AutoUpdate", None)
            body.pop("Feature", None)
        # Some calls succeed in few states only: half of them are made for one.
        if self.chance.random() < 0.5:
            if operation == "CreateProjectVersion":
                body = {"ProjectArn": self.world.trainable, "VersionName": body["VersionName"], "OutputConfig": {"S3Bucket": self.world.bucket}}
            if operation in ("DeleteProjectVersion", "StartProjectVersion", "StopProjectVersion") and self.world.spare:
                body["ProjectVersionArn"] = self.chance.choice(self.world.spare)
            if operation == "StartProjectVersion":
                body = {"ProjectVersionArn": body["ProjectVersionArn"], "MinInferenceUnits": 1}
            if operation == "CreateDataset":
                body.pop("DatasetSource", None)
                if body["DatasetType"] == "TRAIN":
                    manifest = {"S3Object": {"Bucket": self.world.bucket, "Name": "train.manifest"}}
                    body["DatasetSource"] = {"GroundTruthManifest": manifest}
            if operation == "CopyProjectVersion":
                body |= {"SourceProjectArn": self.world.trainable, "SourceProjectVersionArn": self.world.version}
            if operation == "DistributeDatasetEntries" and self.world.pairs:
                body = {"Datasets": [{"Arn": arn} for arn in self.chance.choice(self.world.pairs)]}
        return Request(operation, body, "taken", "right")

    # Borders and breaks: of every member, however deep.

    def places(self, name, path=(), shown=""):
        """Each member below a structure: its path in the body, its shape, whether it is required, its name in messages."""
        shape = self.model.shapes[name]
        if shape["type"] == "structure":
            for member, inner in shape["members"].items():
                told = f"{shown}.{small(member)}" if shown else small(member)
                yield path + (member,), inner["shape"], member in shape.get("required", []), told
                yield from self.places(inner["shape"], path + (member,), told)
        elif shape["type"] == "list":
            inner = shape["member"]["shape"]
            yield path + (0,), inner, False, f"{shown}.1.member"
            yield from self.places(inner, path + (0,), f"{shown}.1.member")

    def with_member(self, operation, path, value):
        """A right body in which the member at the path has a value; None takes it out."""
        body = self.structure(self.model.input(operation), "", 0.2)
        name, at = self.model.input(operation), body
        for step, last in zip(path, [False] * (len(path) - 1) + [True]):
            shape = self.model.shapes[name]
            if isinstance(step, int):
                name = shape["member"]["shape"]
                while len(at) <= step:
                    at.append(self.value(name, ""))
                if last:
                    at[step] = value
                else:
                    # The exact form of a step is needed below it, not one of those drawn above.
                    at[step] = self.bare(name)
            else:
                name = shape["members"][step]["shape"]
                if last and value is None:
                    at.pop(step, None)
                elif last:
                    at[step] = value
                else:
                    at[step] = self.bare(name)
            at = at[step] if not last else at
        return body

    def bare(self, name):
        """The right form with nothing in it that need not be."""
        shape = self.model.shapes[name]
        if shape["type"] == "structure":
            return {member: self.value(shape["members"][member]["shape"], "") for member in shape.get("required", [])}
        return self.full_list(shape, max(1, shape.get("min", 0))) if shape["type"] == "list" else self.value(name, "")

    def full_list(self, shape, size):
        return [self.value(shape["member"]["shape"], "") for _ in range(size)]

    WRONG = {
        "string": [7, True, 1.5, [], {}],
        "integer": ["7", True, [], {}, 1.5],
        "long": ["7", True, [], {}],
        "float": ["7", True, [], {}],
        "boolean": ["true", 1, [], {}],
        "blob": [7, True, {}, [], "not base64!"],
        "list": ["x", 7, True, {}],
        "map": ["x", 7, True, []],
        "structure": ["x", 7, True, []],
    }

    def broken(self, operation):
        """Every request with one member at a border or broken, as (body, expected, about, member)."""
        for path, name, required, told in self.places(self.model.input(operation)):
            shape = self.model.shapes[name]
            kind = shape["type"]
            at = "/".join(map(str, path))

            def one(value, expected, about):
                return Request(operation, self.with_member(operation, path, value), expected, f"{at} {about}", told)

            if required:
                yield one(None, "refused", "missing")
            for wrong in self.WRONG[kind]:
                yield one(wrong, "unreadable", f"of the wrong type: {json.dumps(wrong)}")
            if "enum" in shape:
                yield one("NOT_ONE_OF_THEM", "refused", "outside of its enumeration")
                yield one(shape["enum"][0].lower(), "refused", "in small letters")
                continue
            for bound, sign, fits in self.bounds(shape):
                for expected, number in (("taken", bound), ("refused", bound + sign)):
                    value = self.of_size(name, shape, number)
                    if value is not None and (fits or expected == "refused"):
                        yield one(value, expected, f"of size {number}")
            if kind == "map":
                for part in ("key", "value"):
                    inner = shape[part]["shape"]
                    for text in self.misses(inner, self.model.shapes[inner]):
                        yield one({text: "v"} if part == "key" else {"k": text}, "refused", f"with a {part} that misses its pattern")
            if kind == "string" and "pattern" in shape:
                for text in self.misses(name, shape):
                    yield one(text, "refused", f"misses its pattern: {text[:40]!r}")

    def bounds(self, shape):
        """Each bound with the direction that leaves it, and whether the bound itself keeps to the pattern."""
        fixed = "arn:" in shape.get("pattern", "")
        if "min" in shape and shape["min"] > 0 or shape["type"] in ("integer", "float") and "min" in shape:
            yield shape["min"], -1, not fixed
        if "max" in shape:
            yield shape["max"], 1, not fixed

    def of_size(self, name, shape, number):
        kind = shape["type"]
        if kind == "string":
            return self.text(shape, number) if number >= 0 else None
        if kind == "blob":
            return base64.b64encode(b"x" * number).decode() if number >= 0 else None
        if kind == "list":
            return self.full_list(shape, number) if number >= 0 else None
        if kind == "map":
            return {f"key{i}": "v" for i in range(number)} if number >= 0 else None
        if kind in ("integer", "long", "float"):
            return number
        return None

    def misses(self, name, shape):
        right = self.value(name, "")
        where = self.chance.randrange(len(right) + 1)
        candidates = [right[:where] + broken + right[where:] for broken in ("\u0000", "\n", "日", "/", "§", " ", "*", "\U0001f600")]
        candidates += [right.replace("arn:", "urn:"), right + "x", right.upper(), "aws:x", " ", "\n", "\t"]
        least, most = shape.get("min", 0), shape.get("max", 10**9)
        for text in candidates:
            if least <= len(text) <= most and not self.model.matches(shape["pattern"], text):
                yield text
