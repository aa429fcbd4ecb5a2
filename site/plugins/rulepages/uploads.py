"""Uploaded pictures and files as a rule's document names them, and how they are told to a reader.

A name is the sha256 of a file's bytes and what it is: `9f86…0a08.webp`. The same name stands in documents, in addresses
and on disk. How large a picture is stands in the document too, so that a page leaves room for it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FOLDER = "/api/uploads/"
PICTURE = r"[0-9a-f]{64}\.webp"
NAME = r"[0-9a-f]{64}\.(?:webp|pdf)"
PICTURE_NAME, ANY_NAME = re.compile(PICTURE), re.compile(NAME)
LONGEST_SIDE = 2048  # of a picture, in pixels
WIDEST, HIGHEST = 736, 480  # of a picture on a page: the width of a rule's head, half the height of a screen


@dataclass(frozen=True, slots=True)
class File:
    """`name` is what it is called: the words of a link, or what a picture shows. Only a picture has a size."""

    upload: str
    name: str
    width: int | None = None
    height: int | None = None

    @property
    def address(self) -> str:
        return f"{FOLDER}{self.upload}"

    @property
    def shown(self) -> tuple[int, int]:
        """How large a picture is on a page, at most: never larger than it is, and all of it."""
        assert self.width is not None
        assert self.height is not None
        width = max(1, min(self.width, WIDEST, self.width * HIGHEST // self.height))
        return width, max(1, round(self.height * width / self.width))

    @property
    def told(self) -> str:
        """In words, where it cannot be shown; the beginning of its fingerprint tells two of one name apart."""
        return f"{self.name} ({'picture' if self.width else 'PDF'} {self.upload[:8]})"


def file_of(block: Mapping[str, Any]) -> File:
    """Of a block of kind `file`."""
    return File(block["upload"], block["name"], block.get("width"), block.get("height"))


def photo_of(community: Mapping[str, Any]) -> File | None:
    """A community's photo, if it has one; its name is its alternative text, which may be empty."""
    photo = community.get("photo")
    return File(photo["upload"], photo.get("alt", ""), photo["width"], photo["height"]) if photo else None
