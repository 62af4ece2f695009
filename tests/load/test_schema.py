"""The JSON Schema: current, valid, and of one mind with the loader wherever it can say the thing at all."""

from __future__ import annotations

import json

import jsonschema
import pytest

from conformance import paths
from conformance.exceptions import SpecError
from conformance.load import load
from conformance.load.report import Report
from conformance.load.schema import json_schema
from conformance.load.yaml_nodes import Mapping, Scalar, compose
from tests.load.tables import malformed

VALIDATOR = jsonschema.Draft202012Validator(json_schema())

BEYOND_A_SCHEMA = {
    "the same case id twice",
    "a mapping inside a row",
    "run has several plain lines",
    "run has several folded lines",
    "run has an escaped line end",
    "a citation twice",
    "an empty text as a parameter",
    "the same value of a parameter twice",
    "a parameter that is a keyword",
    "a parameter that hides torch",
    "a row that hides the device",
    "rows with different names",
    "a row with one name more",
    "the same row twice",
    "a name both in params and in rows",
    "too many instances",
    "a shape that is not the value's",
    "a shape on a single number",
    "a shape on uneven lists",
    "a dtype on null",
    "a tolerance that is not a number",
    "a tolerance that is infinite",
    "a tolerance on a text",
    "a tolerance on true",
    "a row without rows",
    "a slip in the name of a row",
    "a slip in a device",
    "a device called gpu",
    "the same specifier twice",
    "a device mark that is never closed",
    "a device mark in capitals",
    "a device mark with a space",
    "a device mark called gpu",
    "a device mark inside a device mark",
    "a device mark in a message that is never closed",
    "an expression over several lines",
} - {"a mapping inside a row"}


def plain(node):
    """The node as a YAML 1.2 reader without our rules would have it."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {key.text: plain(held) for key, held in node.pairs}
    return [plain(item) for item in node.items]


def readable(text: str):
    """The file's data; None where YAML itself, or what specs refuse of it, is what is wrong."""
    report = Report("x")
    try:
        node = compose(text, report)
    except SpecError:
        return None
    return None if report.problems else plain(node)


def test_the_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_the_file_in_the_spec_folder_is_current():
    kept = (paths.spec_root() / "schema.json").read_text("utf-8")
    assert kept == json.dumps(json_schema(), indent=2) + "\n", (
        "spec/schema.json is not what the tables say: torch-conformance schema --out spec/schema.json"
    )


def test_every_reference_is_defined():
    schema = json_schema()
    text = json.dumps(schema)
    used = {part.split('"')[0] for part in text.split("#/$defs/")[1:]}
    assert used == set(schema["$defs"])


def test_every_spec_is_valid():
    for file in load(check_programs=False):
        errors = list(VALIDATOR.iter_errors(plain(compose(file.text, Report("x")))))
        assert not errors, (file.shown, errors[0].message)


ENTRIES = [(entry, data) for entry in malformed() if (data := readable(entry.text)) is not None]


@pytest.mark.parametrize(("entry", "data"), ENTRIES, ids=[entry.name.replace(" ", "-") for entry, _ in ENTRIES])
def test_schema_and_loader_agree_on_what_is_malformed(entry, data):
    assert VALIDATOR.is_valid(data) is (entry.name in BEYOND_A_SCHEMA)


def test_what_is_beyond_a_schema_is_still_tried():
    assert {entry.name for entry, _ in ENTRIES} >= BEYOND_A_SCHEMA
