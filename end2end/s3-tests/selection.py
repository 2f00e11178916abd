"""A pytest plugin that leaves out what is not of the core of a plain bucket, by the rules of left_out.txt."""

import inspect
import pathlib
import re

import pytest


def read_rules():
    rules = {"marker": set(), "keep": set(), "name": [], "source": []}
    for line in (pathlib.Path(__file__).parent / "left_out.txt").read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, what = line.split(maxsplit=1)
        if kind in ("marker", "keep"):
            rules[kind].add(what.strip())
        else:
            rules[kind].append(re.compile(what.strip()))
    return rules


def is_left_out(item, rules):
    if item.originalname in rules["keep"]:
        return False
    if any(marker.name in rules["marker"] for marker in item.iter_markers()):
        return True
    if any(rule.search(item.originalname) for rule in rules["name"]):
        return True
    source = inspect.getsource(item.function)
    return any(rule.search(source) for rule in rules["source"])


def pytest_collection_modifyitems(config, items):
    rules = read_rules()
    left_out = [item for item in items if is_left_out(item, rules)]
    config.hook.pytest_deselected(items=left_out)
    out = set(left_out)
    items[:] = [item for item in items if item not in out]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    # One line for each test, which `cargo xtask conformance s3` reads.
    if report.when == "call" or (report.when == "setup" and not report.passed):
        print(f"\nOUTCOME {report.nodeid.rpartition('/')[2]} {report.outcome}", flush=True)
