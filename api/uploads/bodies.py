"""What may be uploaded for what."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.errors import Invalid
from rulepages.uploads import LONGEST_SIDE, WIDEST

MEBIBYTE = 1024 * 1024


PHOTO_SIDE = 2 * WIDEST  # a page shows it no larger, and screens have at most twice as many pixels worth their bytes


@dataclass(frozen=True, slots=True)
class Purpose:
    """How large a file may be, whether it may be a PDF, and how large a picture is kept."""

    bytes: int
    pdf: bool
    longest_side: int


# Their names are those of the API before this one.
PURPOSES = {
    "communityAvatar": Purpose(5 * MEBIBYTE, pdf=False, longest_side=PHOTO_SIDE),
    "customMethodAttachment": Purpose(10 * MEBIBYTE, pdf=True, longest_side=LONGEST_SIDE),
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
