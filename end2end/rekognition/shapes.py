"""AWS's own model of Rekognition, out of botocore, and the check of an answer against it.

The check is strict: a member that the model does not know, a value of the wrong type, a number or a length out of its
range, a text that misses its pattern or enumeration, an error that the operation does not declare.
"""

import base64
import json
import math
import uuid

import botocore.loaders
import regex

OPERATIONS = """CreateProject DescribeProjects DeleteProject CreateDataset DescribeDataset DeleteDataset ListDatasetEntries
ListDatasetLabels UpdateDatasetEntries DistributeDatasetEntries CreateProjectVersion DescribeProjectVersions DeleteProjectVersion
CopyProjectVersion StartProjectVersion StopProjectVersion DetectCustomLabels PutProjectPolicy ListProjectPolicies DeleteProjectPolicy
TagResource UntagResource ListTagsForResource""".split()

# Errors that every JSON service of AWS gives, which the model does not declare.
COMMON = {"ValidationException", "SerializationException"}
# Errors of the doors in front of the service, wherever they are expected.
DOORS = {
    "UnknownOperationException": 400,
    "MissingAuthenticationTokenException": 400,
    "IncompleteSignatureException": 400,
    "InvalidSignatureException": 400,
    "UnrecognizedClientException": 400,
    "RequestEntityTooLargeException": 413,
}


class Model:
    def __init__(self):
        loaded = botocore.loaders.Loader().load_service_model("rekognition", "service-2", "2016-06-27")
        self.shapes, self.operations = loaded["shapes"], loaded["operations"]
        self.patterns = {}

    def input(self, operation):
        return self.operations[operation]["input"]["shape"]

    def matches(self, pattern, text):
        """Whether a text fits a pattern from its beginning to its end."""
        if pattern not in self.patterns:
            self.patterns[pattern] = regex.compile(pattern)
        return self.patterns[pattern].fullmatch(text) is not None

    def check_answer(self, operation, status, headers, body, doors=()):
        """What is wrong with an answer: a list of sentences, empty when it is right."""
        wrong = []
        if headers.get("content-type") != "application/x-amz-json-1.1":
            wrong.append(f"its content type is {headers.get('content-type')}")
        if not is_uuid(headers.get("x-amzn-requestid", "")):
            wrong.append("it has no x-amzn-requestid")
        try:
            value = json.loads(body, parse_constant=lambda name: math.nan)
        except ValueError:
            return wrong + [f"it is no JSON: {body[:200]!r}"]
        if status == 200:
            self.check(self.operations[operation]["output"]["shape"], value, "", wrong)
        else:
            self.check_error(operation, status, value, wrong, doors)
        return wrong

    def check_error(self, operation, status, value, wrong, doors):
        names = {"__type", "Code", "Logref", "Message"}
        if not isinstance(value, dict) or set(value) != names or not all(isinstance(one, str) for one in value.values()):
            wrong.append(f"an error has the texts {', '.join(sorted(names))}, this is {value!r}")
            return
        code = value["Code"]
        if value["__type"] != code:
            wrong.append(f"it names itself {code} and {value['__type']}")
        if not is_uuid(value["Logref"]) or not value["Message"]:
            wrong.append("its Logref is no UUID, or its Message is empty")
        declared = {error["shape"] for error in self.operations.get(operation, {"errors": []})["errors"]}
        if code in doors:
            expected = DOORS[code]
        elif code in declared and code not in ("InternalServerError", "ThrottlingException"):
            expected = self.shapes[code].get("error", {}).get("httpStatusCode", 400)
        elif code in COMMON:
            expected = 400
        else:
            wrong.append(f"{operation} does not declare {code}: {value['Message']}")
            return
        if status != expected:
            wrong.append(f"{code} came with the status {status} instead of {expected}")

    def check(self, name, value, path, wrong):
        shape, kind = self.shapes[name], self.shapes[name]["type"]
        say = lambda what: wrong.append(f"{path or 'the answer'} {what}: {str(value)[:200]!r}")
        if kind == "structure":
            if not isinstance(value, dict):
                return say("is no structure")
            for member in shape.get("required", []):
                if member not in value:
                    say(f"lacks {member}")
            for member, inner in value.items():
                if member not in shape["members"]:
                    say(f"has the unknown member {member}")
                else:
                    self.check(shape["members"][member]["shape"], inner, f"{path}.{member}", wrong)
        elif kind == "list":
            if not isinstance(value, list):
                return say("is no list")
            self.check_range(shape, len(value), "items", say)
            for number, inner in enumerate(value):
                self.check(shape["member"]["shape"], inner, f"{path}[{number}]", wrong)
        elif kind == "map":
            if not isinstance(value, dict):
                return say("is no map")
            self.check_range(shape, len(value), "pairs", say)
            for key, inner in value.items():
                self.check(shape["key"]["shape"], key, f"{path} key", wrong)
                self.check(shape["value"]["shape"], inner, f"{path}[{key}]", wrong)
        elif kind == "string":
            if not isinstance(value, str):
                return say("is no text")
            self.check_range(shape, len(value), "characters", say)
            if "enum" in shape and value not in shape["enum"]:
                say(f"is none of {shape['enum']}")
            if "pattern" in shape and not self.matches(shape["pattern"], value):
                say(f"misses the pattern {shape['pattern']}")
        elif kind in ("integer", "long"):
            if not isinstance(value, int) or isinstance(value, bool):
                return say("is no whole number")
            self.check_range(shape, value, "as value", say)
        elif kind in ("float", "double", "timestamp"):
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
                return say("is no number")
            self.check_range(shape, value, "as value", say)
        elif kind == "boolean":
            if not isinstance(value, bool):
                say("is neither true nor false")
        elif kind == "blob":
            try:
                self.check_range(shape, len(base64.b64decode(value, validate=True)), "bytes", say)
            except (TypeError, ValueError):
                say("is no base64")
        else:
            say(f"has a type that this check does not know, {kind}")

    @staticmethod
    def check_range(shape, size, unit, say):
        if size < shape.get("min", size):
            say(f"has {size} {unit}, at least {shape['min']} are wanted")
        if size > shape.get("max", size):
            say(f"has {size} {unit}, at most {shape['max']} are allowed")


def is_uuid(text):
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
