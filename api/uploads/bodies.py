"""What may be uploaded for what."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.errors import Invalid

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Purpose:
    bytes: int
    pdf: bool


# Their names are those of the API before this one.
PURPOSES = {
    "communityAvatar": Purpose(5 * MEBIBYTE, pdf=False),
    "customMethodAttachment": Purpose(10 * MEBIBYTE, pdf=True),
}
LARGEST = max(purpose.bytes for purpose in PURPOSES.values())


def read_purpose(fields: Mapping[str, str]) -> Purpose:
    """Of the form's other fields, of which there is this one only."""
    unknown = sorted(fields.keys() - {"purpose"})
    if unknown:
        words = "is not part of an upload"
        raise Invalid(f"{unknown[0]} {words}.", {"fieldErrors": {unknown[0]: [words]}, "formErrors": []})
    purpose = PURPOSES.get(fields.get("purpose", ""))
    if purpose is None:
        words = f"is not {' or '.join(PURPOSES)}" if "purpose" in fields else "is missing"
        raise Invalid(f"purpose {words}.", {"fieldErrors": {"purpose": [words]}, "formErrors": []})
    return purpose
