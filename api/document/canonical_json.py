"""Canonical JSON (RFC 8785): the bytes that a version's sha256 is over."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Keys sorted by UTF-16 code units, no white space, shortest escapes. Floats are refused: documents have none."""
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256_of(canonical: str) -> str:
    return hashlib.sha256(canonical.encode()).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    if isinstance(value, float):
        raise TypeError("a rule document holds no floating-point numbers")
    return value
