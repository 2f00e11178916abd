# pip install boto3
import sys

import boto3

ARN = "__ARN__"

file = sys.argv[1] if len(sys.argv) > 1 else "picture.jpg"
rekognition = boto3.client("rekognition", region_name="__REGION__")
with open(file, "rb") as picture:
    answer = rekognition.detect_custom_labels(ProjectVersionArn=ARN, Image={"Bytes": picture.read()})
for label in answer["CustomLabels"]:
    box = label.get("Geometry", {}).get("BoundingBox")
    print(label["Name"], f'{label["Confidence"]:.1f}%', box or "")
