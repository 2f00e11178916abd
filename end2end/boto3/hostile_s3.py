#!/usr/bin/env python3
"""What 64 clients of S3 do who mean harm, all at once, and how much memory it costs the local cloud.

    python hostile_s3.py PID        # the process of the local cloud, on Linux

Reads the endpoint, the Region and the keys from the environment, as `kenchi env` prints them. Ends with 0 when every
answer is S3's own, the cloud still serves, and its memory stayed within 512 MB at its most.
"""

import concurrent.futures
import os
import socket
import sys
import time
import urllib.parse

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.client import Config
from botocore.credentials import Credentials

from steps import expect, say

CLIENTS = 64
MOST_MB = 512
MIB = 1024 * 1024
BUCKET = "hostile"
ENDPOINT = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])


class Signer(S3SigV4Auth):
    """Signs a head that says of its body what it is told to say."""

    def __init__(self, kind):
        keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        super().__init__(keys, "s3", os.environ["AWS_REGION"])
        self.kind = kind

    def payload(self, request):
        return self.kind


class Connection:
    """A request written by hand."""

    def __init__(self, method, path, length, kind="UNSIGNED-PAYLOAD", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = AWSRequest(method, f"{ENDPOINT.scheme}://{ENDPOINT.netloc}/{path}", headers=headers)
        Signer(kind).add_auth(request)
        lines = [f"{method} /{path} HTTP/1.1", f"Host: {ENDPOINT.netloc}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in request.headers.items()]
        self.socket = socket.create_connection((ENDPOINT.hostname, ENDPOINT.port), timeout=60)
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")

    def send(self, data):
        """False when the other side would have no more."""
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def answer(self):
        """The status, or 0 when the connection was closed without one."""
        try:
            head = self.socket.recv(65536)
        except OSError:
            head = b""
        finally:
            self.socket.close()
        if b"<html" in head.lower():
            raise AssertionError(f"no answer of S3: {head!r}")
        return int(head.split()[1]) if head.startswith(b"HTTP/1.1 ") else 0

    def leave(self):
        self.socket.close()


def slow_body(number):
    """A large body that comes in small pieces and never ends."""
    connection = Connection("PUT", f"{BUCKET}/slow-{number}", 64 * MIB)
    for _ in range(32):
        connection.send(b"s" * 262_144)
        time.sleep(0.05)
    connection.leave()


def huge_length(number):
    """The most that one call may bring is announced, and little comes."""
    connection = Connection("PUT", f"{BUCKET}/huge-{number}", 5 * 1024 * MIB)
    connection.send(b"h" * 65_536)
    time.sleep(2)
    connection.leave()


def giant_chunk(number):
    """One chunk of 4 GiB, of which 16 MiB come."""
    headers = {"content_encoding": "aws-chunked", "x_amz_decoded_content_length": str(4 * 1024 * MIB)}
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    connection = Connection("PUT", f"{BUCKET}/chunk-{number}", 4 * 1024 * MIB + 64, kind, **headers, x_amz_trailer="x-amz-checksum-crc32")
    connection.send(b"100000000\r\n")
    for _ in range(16):
        connection.send(b"c" * MIB)
    connection.leave()


def document(path, start, item, end):
    """As large a document as is taken."""
    count = (4 * MIB - len(start) - len(end)) // len(item)
    body = start + item * count + end

    def send(_):
        connection = Connection("POST", f"{BUCKET}{path}", len(body))
        connection.send(body)
        return connection.answer()

    return send


def slow_document(number):
    """A document that stays a byte short of its end."""
    connection = Connection("POST", f"{BUCKET}?delete=", 4 * MIB - 1)
    connection.send(b"<Delete>" + b" " * (4 * MIB - 16))
    time.sleep(3)
    connection.leave()


def long_head(number):
    """A head that never ends, and one with as much in it as there may be."""
    endless = socket.create_connection((ENDPOINT.hostname, ENDPOINT.port), timeout=60)
    try:
        endless.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"x-a: " + b"a" * (2 * MIB))
    except OSError:
        pass
    many = {f"x_amz_meta_{at}": "m" * 4000 for at in range(80)}
    answer = Connection("PUT", f"{BUCKET}/head-{number}", 0, **many).answer()
    time.sleep(1)
    endless.close()
    return answer


def many_uploads(s3, pool):
    """Uploads that are begun and never ended, each with as much metadata as there may be, and all who want to see them."""
    metadata = {"m": "m" * 2000}
    begin = lambda number: s3.create_multipart_upload(Bucket=BUCKET, Key=f"{'k' * 1000}{number:05}", Metadata=metadata)
    list(pool.map(begin, range(4000)))
    look = lambda _: len(s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"])
    expect(set(pool.map(look, range(CLIENTS))) == {1000}, "4,000 open uploads are listed in pages")


def memory_mb(pid):
    """The most memory that a process has had, in MB."""
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 // 1_000_000


def main(pid):
    path_style = Config(s3={"addressing_style": "path"}, max_pool_connections=CLIENTS, read_timeout=120)
    s3 = boto3.client("s3", config=path_style)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": os.environ["AWS_REGION"]})
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    one = b"<Object><Key>k</Key></Object>"
    part = b"<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>"
    completion = b"<CompleteMultipartUpload>"
    scenes = {
        "slow bodies": slow_body,
        "huge lengths": huge_length,
        "giant chunks": giant_chunk,
        "documents of DeleteObjects": document("?delete=", b"<Delete>", one, b"</Delete>"),
        "documents that nest": document("?delete=", b"<Delete>", b"<Object>", b""),
        "documents of CompleteMultipartUpload": document(f"/parts?uploadId={upload}", completion, part, b"</CompleteMultipartUpload>"),
        "documents that do not end": slow_document,
        "long heads": long_head,
    }
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        for name, scene in scenes.items():
            answers = set(pool.map(scene, range(CLIENTS)))
            refused = all(answer in (None, 0) or 400 <= answer < 500 for answer in answers)
            expect(refused, f"{name}: {CLIENTS} at once, refused ({answers}); {memory_mb(pid)} MB so far")
            s3.head_bucket(Bucket=BUCKET)
        many_uploads(s3, pool)
    expect("Contents" not in s3.list_objects_v2(Bucket=BUCKET), "nothing of it was kept")
    memory = memory_mb(pid)
    say(f"FIGURE most memory of the local cloud with {CLIENTS} hostile clients of S3: {memory} MB (goal: at most {MOST_MB} MB)")
    expect(memory <= MOST_MB, "its memory stayed within bounds")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except AssertionError as error:
        say("FAILED:", error)
        sys.exit(1)
