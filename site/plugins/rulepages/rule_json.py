"""`rule.json`, beside each version: the document and what is stated of it, as one line of canonical JSON.

    {"address":…,"license":…,"published_at":…,"rule":{…},"sha256":…,"version":…}

An envelope rather than the bare document, because a file that has been passed on must still say under which license,
from where and of when it is. The fingerprint can be checked with two commands that most systems have:

    jq -cjS .rule rule.json | sha256sum

The import takes this file, and a bare document too.
"""

import json
from collections.abc import Mapping
from typing import Any

from rulepages.formats import Stated, Unreadable


def to_json(document: Mapping[str, Any], stated: Stated) -> str:
    """RFC 8785: all keys are ids or our own words, so that their order by code point is the one it asks for."""
    envelope = {
        "address": stated.address,
        "license": stated.license,
        "published_at": stated.published_at,
        "rule": document,
        "sha256": stated.sha256,
        "version": stated.version,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def document_from_json(text: str) -> Any:
    """What is in `rule`, or all of it when there is no envelope; not validated. Raise Unreadable when it is no JSON."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_distinct_keys)
        json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair can be written in JSON, not in UTF-8
    except json.JSONDecodeError as error:
        raise Unreadable(error.lineno, f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}.") from None
    except RecursionError:
        raise Unreadable(None, "The JSON is nested too deeply.") from None
    except UnicodeEncodeError:
        raise Unreadable(None, "The JSON holds half of a character.") from None
    except ValueError as error:
        raise Unreadable(None, f"This is not JSON that a rule is written in: {error}.") from None
    return value["rule"] if isinstance(value, dict) and "rule" in value else value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found
