"""What the wire tests say while they go: each step that did what AWS does, and the first that did not."""

from botocore.exceptions import ClientError


def say(*words):
    print(*words, flush=True)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
    say("  ok:", what)


def refused(code, call, **arguments):
    """The answer of a call that must be refused with this code."""
    try:
        call(**arguments)
    except ClientError as error:
        seen = error.response["Error"]
        expect(seen["Code"] == code, f"{call.__name__} is refused with {code} (saw {seen['Code']}: {seen.get('Message')})")
        return error.response
    raise AssertionError(f"{call.__name__} should have been refused with {code}")
