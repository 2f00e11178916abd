#!/usr/bin/env python3
"""The AWS CLI's `s3` and `s3api` against the local cloud: mb, cp, sync, ls, mv, presign, rm, rb.

`test_cli.py AWS` is given the program. The endpoint, the Region and the keys come from the environment, as `kenchi env`
prints them. Ends with 0 when every step did what it does on AWS, otherwise with 1 and the reason.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.request
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "boto3"))
from steps import expect, say

MIB = 1024 * 1024


class Cli:
    def __init__(self, program, home):
        # Nothing of the person who runs this: no profile, no pager, no metadata service.
        self.environment = {**os.environ, "HOME": str(home), "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true"}
        self.environment.pop("AWS_PROFILE", None)
        self.program = program

    def run(self, *words, stdin=None):
        ended = subprocess.run(
            [self.program, *words], input=stdin, capture_output=True, env=self.environment, timeout=120
        )
        return ended.returncode, ended.stdout, ended.stderr.decode()

    def __call__(self, *words, stdin=None):
        code, out, err = self.run(*words, stdin=stdin)
        if code != 0:
            raise AssertionError(f"aws {' '.join(words)} ended with {code}: {err}")
        return out


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        aws = Cli(program, folder)
        bucket = f"cli-{uuid.uuid4().hex[:8]}"
        tree = folder / "pictures"
        (tree / "train").mkdir(parents=True)
        (tree / "test").mkdir()
        names = ["train/a.png", "train/が b+c.png", "test/x.jpg", "readme.txt"]
        for at, name in enumerate(names):
            (tree / name).write_bytes(random.Random(at).randbytes(10_000 + at))
        big = random.Random(9).randbytes(20 * MIB + 3)
        (folder / "big.bin").write_bytes(big)

        say("Buckets and single files")
        aws("s3", "mb", f"s3://{bucket}")
        expect(bucket in aws("s3", "ls").decode(), "mb, and ls lists it")
        aws("s3", "cp", str(folder / "big.bin"), f"s3://{bucket}/big.bin", "--no-progress")
        aws("s3", "cp", f"s3://{bucket}/big.bin", str(folder / "back.bin"), "--no-progress")
        expect((folder / "back.bin").read_bytes() == big, "cp of 20 MiB up in parts and down again")
        head = json.loads(aws("s3api", "head-object", "--bucket", bucket, "--key", "big.bin"))
        expect(head["ETag"].endswith('-3"'), "it went up in three parts")
        aws("s3", "cp", f"s3://{bucket}/big.bin", f"s3://{bucket}/copy.bin", "--no-progress")
        aws("s3", "cp", "-", f"s3://{bucket}/stdin.txt", stdin=b"from a pipe")
        expect(aws("s3", "cp", f"s3://{bucket}/stdin.txt", "-") == b"from a pipe", "cp from and to a pipe, bucket to bucket")

        say("Folders")
        told = aws("s3", "sync", str(tree), f"s3://{bucket}/set", "--no-progress").decode()
        expect(told.count("upload:") == len(names), f"sync uploads {len(names)} files")
        expect(aws("s3", "sync", str(tree), f"s3://{bucket}/set", "--no-progress") == b"", "and then has nothing to do")
        (tree / "train/a.png").write_bytes(b"changed to another size")
        (tree / "readme.txt").unlink()
        told = aws("s3", "sync", str(tree), f"s3://{bucket}/set", "--delete", "--no-progress").decode()
        expect(told.count("upload:") == 1 and told.count("delete:") == 1, "what changed goes up, what went is removed")
        down = folder / "down"
        aws("s3", "sync", f"s3://{bucket}/set", str(down), "--no-progress")
        found = {str(one.relative_to(down)): one.read_bytes() for one in down.rglob("*") if one.is_file()}
        expect(found == {name: (tree / name).read_bytes() for name in names[:3]}, "sync down gives the same files")
        listed = aws("s3", "ls", f"s3://{bucket}/set/").decode()
        expect("PRE train/" in listed and "PRE test/" in listed, "ls shows folders")
        listed = aws("s3", "ls", f"s3://{bucket}/set/", "--recursive", "--summarize").decode()
        expect("が b+c.png" in listed and "Total Objects: 3" in listed, "ls --recursive --summarize")

        say("Presigned, moved, removed")
        url = aws("s3", "presign", f"s3://{bucket}/set/train/が b+c.png", "--expires-in", "60").decode().strip()
        with urllib.request.urlopen(url) as answer:
            expect(answer.read() == (tree / "train/が b+c.png").read_bytes(), "presign gives a URL that anyone can get")
        aws("s3", "mv", f"s3://{bucket}/stdin.txt", f"s3://{bucket}/moved.txt")
        code, _, error = aws.run("s3api", "head-object", "--bucket", bucket, "--key", "stdin.txt")
        expect(code != 0 and "404" in error, "mv leaves nothing behind")
        aws("s3api", "put-object-tagging", "--bucket", bucket, "--key", "moved.txt", "--tagging", "TagSet=[{Key=a,Value=1}]")
        tags = json.loads(aws("s3api", "get-object-tagging", "--bucket", bucket, "--key", "moved.txt"))
        expect(tags["TagSet"] == [{"Key": "a", "Value": "1"}], "tags")
        code, _, error = aws.run("s3", "rb", f"s3://{bucket}")
        expect(code != 0 and "BucketNotEmpty" in error, "a bucket with objects is not removed")
        aws("s3", "rm", f"s3://{bucket}/set", "--recursive", "--quiet")
        aws("s3", "rb", f"s3://{bucket}", "--force")
        expect(bucket not in aws("s3", "ls").decode(), "rm --recursive and rb --force")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except AssertionError as error:
        say("FAILED:", error)
        sys.exit(1)
