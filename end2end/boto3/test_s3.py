#!/usr/bin/env python3
"""A plain bucket by boto3, path-style and virtual-hosted, and presigned URLs by a client that knows nothing of AWS.

Reads the endpoint, the Region and the keys from the environment, as `kenchi env` prints them. Ends with 0 when every
step did what AWS does, otherwise with 1 and the reason.
"""

import base64
import hashlib
import http.client as http_client
import io
import json
import os
import random
import socket
import sys
import time
import unicodedata
import urllib.parse
import uuid
import zlib

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config

from steps import expect, refused, say

MIB = 1024 * 1024
REGION = os.environ["AWS_REGION"]


def localhost_as_browsers_know_it():
    """`<bucket>.localhost` is this machine (RFC 6761); not every resolver knows."""
    system = socket.getaddrinfo

    def look_up(host, *rest, **named):
        name = host.decode() if isinstance(host, bytes) else host
        return system("127.0.0.1" if name and name.endswith(".localhost") else host, *rest, **named)

    socket.getaddrinfo = look_up


def client(style, **more):
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    if style == "virtual":
        endpoint = endpoint.replace("127.0.0.1", "localhost")
    return boto3.client("s3", endpoint_url=endpoint, config=Config(s3={"addressing_style": style}, **more))


def http(method, url, body=None, headers=None):
    """A client that adds nothing of its own but what HTTP wants."""
    parts = urllib.parse.urlsplit(url)
    connection = http_client.HTTPConnection("127.0.0.1", parts.port)
    connection.request(method, f"{parts.path}?{parts.query}", body, {"Host": parts.netloc, **(headers or {})})
    answer = connection.getresponse()
    result = answer.status, answer.read(), answer.headers
    connection.close()
    return result


def a_bucket(s3, style):
    say(f"A bucket, {style}")
    name = f"wire-{style}-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.get_waiter("bucket_exists").wait(Bucket=name)
    expect(s3.get_bucket_location(Bucket=name)["LocationConstraint"] == REGION, "its Region is told")
    expect("Status" not in s3.get_bucket_versioning(Bucket=name), "versioning was never turned on")
    expect(s3.head_bucket(Bucket=name)["BucketRegion"] == REGION, "HeadBucket tells the Region")
    owner = boto3.client("sts").get_caller_identity()["Account"]
    s3.head_bucket(Bucket=name, ExpectedBucketOwner=owner)
    refused("AccessDenied", s3.list_objects_v2, Bucket=name, ExpectedBucketOwner="999999999999")
    refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=name)
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    s3.put_bucket_policy(Bucket=name, Policy=policy)
    expect(s3.get_bucket_policy(Bucket=name)["Policy"] == policy, "the policy is kept as it was put")
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": rules})
    expect(s3.get_bucket_cors(Bucket=name)["CORSRules"] == rules, "CORS rules are kept")
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "team", "Value": "検査"}]})
    expect(s3.get_bucket_tagging(Bucket=name)["TagSet"][0]["Value"] == "検査", "tags are kept")
    s3.put_bucket_acl(Bucket=name, ACL="public-read")
    expect(len(s3.get_bucket_acl(Bucket=name)["Grants"]) == 2, "a canned ACL is kept")
    return name


def keys(s3, bucket):
    say("Every legal key")
    nfc, nfd = unicodedata.normalize("NFC", "が/é"), unicodedata.normalize("NFD", "が/é")
    longest = "長" * 341 + "x"
    names = ["a", "a/", "a/b", "/lead", "//two", "../x", "./y", "a b+c", "50%", "%41", "q?a=b&c", "#h", "~'()*!", nfc, nfd]
    names += [longest, "🙂", "a\\b", "x" * 1024, "line\nbreak", "<&>\"'"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    for name in names:
        if s3.get_object(Bucket=bucket, Key=name)["Body"].read() != name.encode():
            raise AssertionError(f"{name!r} holds something else")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 4})
    listed = [one["Key"] for page in pages for one in page.get("Contents", [])]
    expect(listed == sorted(names, key=str.encode), f"{len(names)} keys stand apart and are listed in order")
    folder = s3.list_objects_v2(Bucket=bucket, Prefix="a/", Delimiter="/")
    expect([one["Key"] for one in folder["Contents"]] == ["a/", "a/b"], "a prefix with a delimiter")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names]})
    expect(len(answer["Deleted"]) == len(names) and "Errors" not in answer, "all are removed at once")
    refused("KeyTooLongError", s3.put_object, Bucket=bucket, Key="x" * 1025)


def objects(s3, bucket):
    say("Objects")
    body = random.Random(1).randbytes(300_000)
    put = s3.put_object(
        Bucket=bucket, Key="k", Body=body, ContentType="image/png", CacheControl="no-cache",
        Metadata={"shop": "tokyo"}, Tagging="a=1&b=2",
    )
    expect(put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"', "the entity tag is the MD5")
    expect(put["ChecksumCRC32"] == base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode(), "CRC32 is told")
    got = s3.get_object(Bucket=bucket, Key="k")
    expect(got["Body"].read() == body and got["Metadata"] == {"shop": "tokyo"}, "bytes and metadata come back")
    expect((got["ContentType"], got["CacheControl"], got["TagCount"]) == ("image/png", "no-cache", 2), "headers too")
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=1000-1999")
    expect(part["Body"].read() == body[1000:2000] and part["ContentRange"] == "bytes 1000-1999/300000", "a range")
    refused("InvalidRange", s3.get_object, Bucket=bucket, Key="k", Range="bytes=300000-")
    refused("PreconditionFailed", s3.put_object, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*")
    refused("PreconditionFailed", s3.get_object, Bucket=bucket, Key="k", IfMatch='"other"')
    refused("304", s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=put["ETag"])
    for algorithm in ["CRC32", "CRC32C", "SHA1", "SHA256", "CRC64NVME"]:
        try:
            sent = s3.put_object(Bucket=bucket, Key="sum", Body=b"hello", ChecksumAlgorithm=algorithm)
        except Exception as error:  # boto3 computes some of them only with another package
            if "Missing" not in type(error).__name__:
                raise
            continue
        told = s3.head_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
        expect(told[f"Checksum{algorithm}"] == sent[f"Checksum{algorithm}"], f"{algorithm} is kept")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "k"})
    expect(s3.head_object(Bucket=bucket, Key="copy")["ContentLength"] == len(body), "a copy")
    versions = s3.list_object_versions(Bucket=bucket, Prefix="copy")["Versions"]
    expect((versions[0]["VersionId"], versions[0]["IsLatest"]) == ("null", True), "its one version is `null`")
    error = refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="none")
    expect(error["Error"]["Message"] == "The specified key does not exist.", "the message is S3's")
    expect(error["ResponseMetadata"]["RequestId"] == error["ResponseMetadata"]["HTTPHeaders"]["x-amz-request-id"], "a request id")


def uploads(s3, bucket):
    say("Uploads in parts")
    body = random.Random(2).randbytes(13 * MIB + 5)
    parts = TransferConfig(multipart_threshold=6 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", Config=parts, ExtraArgs={"Metadata": {"m": "1"}})
    into = io.BytesIO()
    s3.download_fileobj(bucket, "big", into, Config=parts)
    expect(into.getvalue() == body, "13 MiB go up and down in parts at once")
    head = s3.head_object(Bucket=bucket, Key="big", PartNumber=2)
    expect((head["PartsCount"], head["ContentLength"]) == (3, 5 * MIB), "its second of three parts")
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "big-copy", Config=parts)
    expect(s3.get_object(Bucket=bucket, Key="big-copy")["Body"].read() == body, "copied by UploadPartCopy")
    id = s3.create_multipart_upload(Bucket=bucket, Key="later")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="later", UploadId=id, PartNumber=7, Body=b"seven")
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    expect([one["UploadId"] for one in listed] == [id], "an upload under way is listed")
    parts = s3.list_parts(Bucket=bucket, Key="later", UploadId=id)["Parts"]
    expect([(one["PartNumber"], one["Size"]) for one in parts] == [(7, 5)], "and its parts")
    s3.abort_multipart_upload(Bucket=bucket, Key="later", UploadId=id)
    refused("NoSuchUpload", s3.list_parts, Bucket=bucket, Key="later", UploadId=id)

    class Pipe(io.RawIOBase):
        """A body that can't be read twice."""

        def __init__(self):
            self.left = [b"a" * 70_000, b"b" * 70_000]

        def readable(self):
            return True

        def read(self, _=-1):
            return self.left.pop(0) if self.left else b""

    s3.upload_fileobj(Pipe(), bucket, "pipe")
    expect(s3.head_object(Bucket=bucket, Key="pipe")["ContentLength"] == 140_000, "a body that can't be read twice")


def presigned(s3, bucket, version):
    say(f"Presigned URLs of version {version}, by plain HTTP")
    key = "画像/a b+c.png"
    sign = lambda what, seconds=60, **more: s3.generate_presigned_url(what, {"Bucket": bucket, "Key": key, **more}, seconds)
    status, answer, _ = http("PUT", sign("put_object"), b"from a browser")
    expect(status == 200, f"PUT ({status} {answer[:200]})")
    status, body, headers = http("GET", sign("get_object", ResponseContentDisposition='attachment; filename="x.png"'))
    expect((status, body) == (200, b"from a browser"), "GET")
    expect(headers["Content-Disposition"] == 'attachment; filename="x.png"', "with an answer's header that was asked for")
    expect(http("GET", sign("get_object"), headers={"Range": "bytes=5-5"})[:2] == (206, b"a"), "a range")
    expect(http("HEAD", sign("head_object"))[0] == 200, "HEAD")
    expect(http("GET", sign("get_object").replace("b%2Bc", "b%2Bd"))[0] == 403, "another key is refused")
    expect(http("PUT", sign("get_object"), b"")[0] == 403, "another method is refused")
    short = sign("get_object", 1)
    time.sleep(2.1)
    status, body, _ = http("GET", short)
    expect(status == 403 and b"<Message>Request has expired</Message>" in body, "after its end it is refused")
    if version == 4:
        status, body, _ = http("GET", sign("get_object", 604_801))
        expect(status == 400 and b"AuthorizationQueryParametersError" in body, "a week is the most")
    for header in [{"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}]:
        status, body, headers = http("GET", sign("get_object"), headers=header)
        told = "Access-Control-Allow-Origin" in headers
        expect(status == 403 and not told, f"a page that sends {list(header)[0]} is refused")
    status, body, headers = http("GET", sign("get_object").split("?")[0])
    expect(status == 403 and b"<Code>AccessDenied</Code>" in body, "without a signature nothing is given")
    expect(headers["Content-Type"] == "application/xml", "and the answer is S3's XML")


def session(bucket):
    say("A session's keys")
    sts = boto3.client("sts")
    account = sts.get_caller_identity()["Account"]
    expect(len(account) == 12 and account.isdigit(), "GetCallerIdentity tells the account")
    keys = sts.get_session_token(DurationSeconds=900)["Credentials"]
    named = lambda token: {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": token,
    }
    endpoint = {"endpoint_url": os.environ["AWS_ENDPOINT_URL"], "region_name": REGION}
    make = lambda what, token, **more: boto3.client(what, **endpoint, **named(token), **more)
    s3 = make("s3", keys["SessionToken"])
    s3.put_object(Bucket=bucket, Key="by a session", Body=b"s")
    for version in ["s3", "s3v4"]:
        signer = make("s3", keys["SessionToken"], config=Config(signature_version=version))
        url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "by a session"}, 60)
        expect(http("GET", url)[:2] == (200, b"s"), f"S3 takes them, and a URL presigned with {version}")
        expect(http("GET", url.replace("oken=", "oken=x"))[0] in (400, 403), "another token is refused")
    make("rekognition", keys["SessionToken"]).describe_projects()
    expect(make("sts", keys["SessionToken"]).get_caller_identity()["Account"] == account, "Rekognition and STS as well")
    refused("InvalidToken", make("s3", "made-up").list_buckets)
    refused("UnrecognizedClientException", make("rekognition", "made-up").describe_projects)
    refused("InvalidAccessKeyId", boto3.client("s3", **endpoint, **{**named(None)}).list_buckets)
    refused("AccessDenied", make("sts", keys["SessionToken"]).get_session_token)


def clean(s3, bucket):
    refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one["Key"]} for one in page["Contents"]], "Quiet": True})
    s3.delete_bucket(Bucket=bucket)
    s3.get_waiter("bucket_not_exists").wait(Bucket=bucket)
    say("The bucket is gone")


def main():
    localhost_as_browsers_know_it()
    for style in ["path", "virtual"]:
        s3 = client(style)
        bucket = a_bucket(s3, style)
        for check in [keys, objects, uploads]:
            check(s3, bucket)
        # In this Region boto3 presigns in version 2 when it is not told otherwise.
        presigned(s3, bucket, 2)
        presigned(client(style, signature_version="s3v4"), bucket, 4)
        session(bucket)
        clean(s3, bucket)


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        say("FAILED:", error)
        sys.exit(1)
