"""The JSON Schema of spec files, for completion and checks in editors.

Generated from the tables that the loader reads by. What a schema cannot say (ids unique, rows that
exist, programs allowed, YAML's own traps) only the loader checks; what it says, the loader says too.
"""

from __future__ import annotations

from typing import Any

from conformance.load import tables
from conformance.load.features import FEATURES

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_SCALAR: Schema = {"type": ["null", "boolean", "number", "string"]}
_SPECIFIER = r"^\s*(~=|===?|!=|<=|>=|<|>)\s*[0-9]"


def json_schema() -> Schema:
    """The schema as a JSON-like dict (draft 2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "torch-conformance spec file",
        **_mapping(
            tables.FILE_KEYS,
            tables.FILE_REQUIRED,
            {**_SHARED, "cases": {"type": "array", "minItems": 1, "items": _ref("case")}},
        ),
        "$defs": _definitions(),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _mapping(keys: dict[str, str], required: tuple[str, ...], properties: dict[str, Schema]) -> Schema:
    """A closed mapping; each property is described by its line in the table."""
    return {
        "type": "object",
        "required": list(required),
        "additionalProperties": False,
        "properties": {key: {"description": meaning, **properties[key]} for key, meaning in keys.items()},
    }


def _alone(key: str, held: Schema) -> Schema:
    """A mapping with this key alone."""
    return {
        "type": "object",
        "required": [key],
        "additionalProperties": False,
        "properties": {key: held},
    }


def _choices(branch: Schema) -> list[Schema]:
    """`one_of`, `per_device` and `per_torch` around `branch`."""
    branches = {"type": "object", "minProperties": 1, "additionalProperties": branch}
    held: dict[str, Schema] = {
        "one_of": {"type": "array", "minItems": 2, "items": branch},
        "per_device": {**branches, "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$"}},
        "per_torch": {**branches, "propertyNames": {"pattern": _SPECIFIER}},
    }
    return [_alone(key, {"description": meaning, **held[key]}) for key, meaning in tables.CHOICES.items()]


_ROW = _alone(tables.ROW_KEY, {"description": tables.EXPECTATION_KEYS[tables.ROW_KEY], **_TEXT})

_SHARED: dict[str, Schema] = {
    "title": _TEXT,
    "cites": {"type": "array", "minItems": 1, "items": _ref("cite")},
    "level": _ref("level"),
    "needs": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _ref("feature")},
    "given": _ref("program"),
}


def _named(names: frozenset[str]) -> Schema:
    """`{Name: message}` with one name."""
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "propertyNames": {"enum": sorted(names)},
        "additionalProperties": _ref("message"),
    }


def _described(table: dict[str, str]) -> Schema:
    """One of the table's names, with what each means."""
    return {"anyOf": [{"const": name, "description": meaning} for name, meaning in table.items()]}


def _definitions() -> dict[str, Schema]:
    none: Schema = {"type": "null"}
    raised, warned = _ref("raised"), _ref("warned")
    cite_forms = {"doc": tables.DOC_CITE, "page": tables.PAGE_CITE, "claim": tables.CLAIM_ID}
    return {
        "program": {**_TEXT, "description": "restricted Python; several lines stand under `|`"},
        "level": _described(tables.LEVELS),
        "feature": _described(FEATURES),
        "cite": {
            "anyOf": [
                _alone(kind, {"type": "string", "pattern": f"^({cite_forms[kind]})$", "description": meaning})
                for kind, meaning in tables.CITE_KINDS.items()
            ]
        },
        "case": _mapping(tables.CASE_KEYS, tables.CASE_REQUIRED, _case()),
        "step": _mapping(
            tables.STEP_KEYS,
            tables.STEP_REQUIRED,
            {
                "run": _ref("program"),
                "expect": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": r"\S"},
                    "additionalProperties": _ref("expectation"),
                },
                "raises": raised,
                "warns": _ref("warnings"),
            },
        ),
        "literal": {"anyOf": [_SCALAR, {"type": "array", "items": _ref("literal")}]},
        "value": _mapping(
            tables.VALUE_KEYS,
            ("value",),
            {
                "value": _ref("literal"),
                "dtype": {"enum": [p + name for p in ("torch.", "") for name in tables.DTYPES]},
                "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                **_TOLERANCES,
            },
        ),
        "expectation": {
            "anyOf": [_ref("literal"), _ref("value"), _ROW, *_choices(_ref("expectation"))],
        },
        "message": {"anyOf": [{"type": "string"}, _ROW, *_choices(_ref("message"))]},
        "raised": {"anyOf": [_named(tables.RAISED_NAMES), *_choices({"anyOf": [none, raised]})]},
        "warned": {"anyOf": [_named(tables.WARNED_NAMES), *_choices({"anyOf": [none, warned]})]},
        "warned_list": {"type": "array", "items": warned},
        "warnings": {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": warned},
                *_choices({"anyOf": [none, _ref("warned_list"), _ref("warnings")]}),
            ]
        },
    }


_TOLERANCES: dict[str, Schema] = {
    "ulp": {"type": "integer", "minimum": 0},
    "rtol": {"type": "number", "minimum": 0},
    "atol": {"type": "number", "minimum": 0},
}


def _case() -> dict[str, Schema]:
    name = {"pattern": f"^{tables.NAME}$"}
    return {
        **_SHARED,
        "case": {"type": "string", "pattern": f"^{tables.CASE_ID}$"},
        "params": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": name,
            "additionalProperties": {"type": "array", "minItems": 1, "items": _SCALAR},
        },
        "rows": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": name,
                "additionalProperties": _ref("literal"),
            },
        },
        "compare": {**_mapping(tables.TOLERANCES, (), _TOLERANCES), "minProperties": 1},
        "steps": {"type": "array", "minItems": 1, "items": _ref("step")},
    }
