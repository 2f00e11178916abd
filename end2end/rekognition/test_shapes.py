#!/usr/bin/env python3
"""The check of answers finds what it is there to find."""

import json
import unittest
import uuid

from shapes import Model

MODEL = Model()
HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": str(uuid.uuid4())}
ARN = "arn:aws:rekognition:ap-northeast-1:000000000000:project/a/1700000000000"


def check(operation, body, status=200, headers=HEADERS, doors=()):
    return MODEL.check_answer(operation, status, headers, body if isinstance(body, str) else json.dumps(body), doors)


def project(**changes):
    description = {"ProjectArn": ARN, "CreationTimestamp": 1.7e9, "Status": "CREATED", "Datasets": [], "Feature": "CUSTOM_LABELS"}
    description.update(changes)
    return {"ProjectDescriptions": [{name: value for name, value in description.items() if value is not ...}]}


def error(code, **changes):
    return {"__type": code, "Code": code, "Logref": str(uuid.uuid4()), "Message": "No.", **changes}


class Answers(unittest.TestCase):
    def right(self, *arguments, **named):
        self.assertEqual(check(*arguments, **named), [])

    def wrong(self, *arguments, **named):
        self.assertNotEqual(check(*arguments, **named), [])

    def test_right_answers_pass(self):
        self.right("DescribeProjects", project())
        self.right("DescribeProjects", project(Datasets=...))
        self.right("DescribeProjects", {"ProjectDescriptions": [], "NextToken": "x"})
        self.right("DeleteDataset", {})
        self.right("DetectCustomLabels", {"CustomLabels": [{"Name": "a", "Confidence": 99, "Geometry": {"BoundingBox": {"Left": 0.5}}}]})
        self.right("ListTagsForResource", {"Tags": {"部署 a": ""}})

    def test_wrong_values_are_found(self):
        self.wrong("DescribeProjects", project(Surprise=1))
        self.wrong("DescribeProjects", project(Status="CREATE_COMPLETE"))
        self.wrong("DescribeProjects", project(CreationTimestamp="2024-05-01"))
        self.wrong("DescribeProjects", project(CreationTimestamp=None))
        self.wrong("DescribeProjects", project(ProjectArn=ARN.replace("project", "dataset")))
        self.wrong("DescribeProjects", project(ProjectArn=ARN + " "))
        self.wrong("DescribeProjects", project(Datasets={}))
        self.wrong("DescribeProjects", {"ProjectDescriptions": [], "NextToken": "x" * 1025})
        self.wrong("DeleteDataset", {"Status": "DELETING"})
        self.wrong("DescribeDataset", {"DatasetDescription": {"DatasetStats": {"TotalEntries": -1}}})
        self.wrong("DescribeDataset", {"DatasetDescription": {"DatasetStats": {"TotalEntries": 1.0}}})
        self.wrong("DescribeDataset", {"DatasetDescription": {"DatasetStats": {"TotalEntries": True}}})
        self.wrong("DetectCustomLabels", {"CustomLabels": [{"Confidence": 100.5}]})
        self.wrong("DetectCustomLabels", '{"CustomLabels": [{"Confidence": NaN}]}')
        self.wrong("ListDatasetEntries", {"DatasetEntries": ["no JSON"]})
        self.wrong("ListDatasetEntries", {"DatasetEntries": ["{" + "x" * 100_000 + "}"]})
        self.wrong("ListTagsForResource", {"Tags": {"aws:x": "y"}})
        self.wrong("ListTagsForResource", {"Tags": {"x": 1}})

    def test_what_is_no_answer_of_the_service_is_found(self):
        self.wrong("DeleteDataset", "")
        self.wrong("DeleteDataset", "<html></html>")
        self.wrong("DeleteDataset", "[]")
        self.wrong("DeleteDataset", {}, headers={**HEADERS, "content-type": "text/html"})
        self.wrong("DeleteDataset", {}, headers={"content-type": "application/x-amz-json-1.1"})

    def test_errors_are_those_that_the_operation_declares(self):
        self.right("CreateProject", error("ResourceInUseException"), status=400)
        self.right("CreateProject", error("ValidationException"), status=400)
        self.wrong("CreateProject", error("ResourceNotFoundException"), status=400)
        self.wrong("CreateProject", error("ResourceInUseException"), status=500)
        self.wrong("CreateProject", error("InternalServerError"), status=500)
        self.wrong("CreateProject", error("ResourceInUseException", __type="Other"), status=400)
        self.wrong("CreateProject", error("ResourceInUseException", Logref="1"), status=400)
        self.wrong("CreateProject", error("ResourceInUseException", Message=""), status=400)
        self.wrong("CreateProject", error("ResourceInUseException", Extra="x"), status=400)
        self.wrong("CreateProject", {"message": "No."}, status=400)
        self.wrong("CreateProject", error("InvalidSignatureException"), status=400)
        self.right("CreateProject", error("InvalidSignatureException"), status=400, doors=("InvalidSignatureException",))


if __name__ == "__main__":
    unittest.main()
