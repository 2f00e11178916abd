"""Signed calls to Rekognition over plain HTTP, so that a request can be anything."""

import http.client
import json
import os
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Wire:
    def __init__(self):
        self.endpoint = os.environ["AWS_ENDPOINT_URL"].rstrip("/")
        self.region = os.environ["AWS_REGION"]
        self.credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        self.connection = None

    def call(self, operation, body, change=lambda headers: None):
        """Status, headers in small letters, and body of the answer. `change` may alter the signed headers."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"RekognitionService.{operation}"}
        request = AWSRequest("POST", self.endpoint + "/", headers=headers, data=data)
        SigV4Auth(self.credentials, "rekognition", self.region).add_auth(request)
        headers = dict(request.headers.items())
        change(headers)
        for attempt in (0, 1):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.endpoint).netloc, timeout=60)
                self.connection.request("POST", "/", body=data, headers=headers)
                answer = self.connection.getresponse()
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # A connection that was kept open may have been closed by the other side meanwhile.
                self.connection = None
                if attempt:
                    raise

    def ask(self, operation, **body):
        """A call that must succeed."""
        status, _, answer = self.call(operation, body)
        if status != 200:
            raise AssertionError(f"{operation} {body}: {status} {answer!r}")
        return json.loads(answer)
