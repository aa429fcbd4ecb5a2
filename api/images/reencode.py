"""One picture, made anew: from whatever was uploaded to a WebP that holds its pixels and nothing else.

This file is a program. `decoder` starts it for each picture, with the upload as standard input and the file to write as
standard output; it imports nothing of ours, and its environment is empty. Before it looks at the upload it takes from
itself all that it does not need, so that whoever finds a hole in a decoder has some memory and a few seconds, but no
file, no socket and no other process.

It says one line on standard error: `made <width> <height>`, or `refused` and why, by a word that `decoder` knows.
"""

import ctypes
import io
import os
import resource
import signal
import sys
import warnings
from contextlib import suppress
from typing import Any, BinaryIO

from PIL import Image, ImageCms, ImageFile, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 40_000_000
QUALITY = 80
OUTPUT_BYTES = 8 * 1024 * 1024
ORIENTATION = 0x0112

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
BOMBS = (Image.DecompressionBombWarning, Image.DecompressionBombError)


def main(memory: int, seconds: int, longest_side: int) -> str:
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    _rehearse()
    _give_up_powers(memory, seconds)
    try:
        with os.fdopen(0, "rb") as upload:
            return _reencode(upload, longest_side)
    except MemoryError:
        return "refused out-of-memory"


def _reencode(upload: BinaryIO, longest_side: int) -> str:
    try:
        picture = Image.open(upload, formats=FORMATS)
    except BOMBS:
        return "refused too-many-pixels"
    except MemoryError:
        raise
    except Exception:  # a decoder may raise anything over bytes that were made for it
        return "refused no-picture"
    try:
        made = _remade(picture, longest_side)
    except MemoryError:
        raise
    except Exception as error:
        return "refused too-many-pixels" if isinstance(error, BOMBS) else "refused broken"
    _save(made, 1)
    return f"made {made.width} {made.height}"


def _remade(picture: Image.Image, longest_side: int) -> Image.Image:
    """The first frame: no larger than it is wanted, upright, in sRGB, without a word about itself.

    It is made smaller before anything else, so that turning and coloring cost little whatever was uploaded.
    """
    picture.draft("RGB", (longest_side, longest_side))
    picture.load()
    profile, orientation = picture.info.get("icc_profile"), picture.getexif().get(ORIENTATION)
    small = _with_simple_colors(picture)
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    small.info = {}
    small.getexif()[ORIENTATION] = orientation if orientation in range(1, 9) else 1
    return _in_srgb(ImageOps.exif_transpose(small), profile)


def _with_simple_colors(picture: Image.Image) -> Image.Image:
    """In one of the modes that can be made smaller well."""
    if picture.mode in ("P", "PA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode == "I;16":  # its brightest is 65,535
        return picture.point(lambda value: value / 256.0, "L")
    if picture.mode == "1":
        return picture.convert("L")
    return picture if picture.mode in ("RGB", "RGBA", "L", "LA", "CMYK") else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Its colors as every screen means them. A profile that cannot be used is as good as none."""
    alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
    opaque: Any = picture.convert({"RGBA": "RGB", "LA": "L"}.get(picture.mode, picture.mode))
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            opaque = ImageCms.profileToProfile(opaque, theirs, ImageCms.createProfile("sRGB"), outputMode="RGB")
    made: Image.Image = opaque.convert("RGB")
    if alpha is not None and alpha.getextrema() != (255, 255):
        made.putalpha(alpha)
    made.info = {}
    return made


def _save(made: Image.Image, descriptor: int) -> None:
    packed = io.BytesIO()
    made.save(packed, "WEBP", quality=QUALITY, method=4)
    rest = packed.getbuffer()
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _rehearse() -> None:
    """All of it once with a tiny picture of each format: what is imported on first use must be here before files go."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for format in FORMATS:
        sample = io.BytesIO()
        Image.new("P" if format in ("GIF", "PNG") else "RGB", (2, 3)).save(
            sample, format, icc_profile=profile, exif=exif, save_all=format in ("GIF", "PNG", "WEBP")
        )
        _save(_remade(Image.open(sample, formats=FORMATS), 2), nowhere)
    os.close(nowhere)


def _give_up_powers(memory: int, seconds: int) -> None:
    """Keep so many bytes of address space and seconds of processor; nothing new can be opened, nothing started."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.nice(10)
    for what, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (limit, limit))


if __name__ == "__main__":
    os.write(2, main(*map(int, sys.argv[1:])).encode())
