"""Pictures and files made by code: good ones, and at least sixty that are not what they say."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

PHOTO, ATTACHMENT = "communityAvatar", "customMethodAttachment"
BOUNDARY = "----a boundary of ours 7d4a6d158c9"
SCRIPT = b"<html><script>alert(document.domain)</script></html>"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
MEBIBYTE = 1024 * 1024
# What documents may name, where no file is needed.
PHOTO_NAMED = {"upload": f"{'0a' * 32}.webp", "alt": "Two of us mend a bicycle", "width": 1600, "height": 900}
PICTURE_BLOCK = {
    "kind": "file",
    "title": "Where tools hang",
    "upload": f"{'1b' * 32}.webp",
    "name": "The wall",
    "width": 400,
    "height": 1200,
}
PDF_BLOCK = {"kind": "file", "title": "Form", "upload": f"{'2c' * 32}.pdf", "name": "To borrow a tool"}


def picture(size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    """Of many colors, the same every time."""
    rings, rows = Image.radial_gradient("L").resize(size), Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (rings, rows, rows.transpose(Image.Transpose.FLIP_TOP_BOTTOM))).convert(mode)


def packed(image: Image.Image, format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def jpeg(size: tuple[int, int] = (64, 48)) -> bytes:
    return packed(picture(size), "JPEG")


def png(size: tuple[int, int] = (64, 48)) -> bytes:
    return packed(picture(size), "PNG")


def webp(size: tuple[int, int] = (64, 48)) -> bytes:
    return packed(picture(size), "WEBP", lossless=True)


def gif(size: tuple[int, int] = (64, 48)) -> bytes:
    return packed(picture(size), "GIF")


# -- forms ------------------------------------------------------------------------------------------------------------


def part(name: str, content: bytes, *, filename: str = "", kind: str = "") -> bytes:
    head = f'Content-Disposition: form-data; name="{name}"'
    head += f'; filename="{filename}"' if filename else ""
    head += f"\r\nContent-Type: {kind}" if kind else ""
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


def form(
    content: bytes, purpose: str = PHOTO, *, filename: str = "photo.jpg", kind: str = "image/jpeg", last: bytes = b""
) -> bytes:
    """What a browser sends; `last` is more parts."""
    parts = part("purpose", purpose.encode()) + part("file", content, filename=filename, kind=kind) + last
    return parts + f"--{BOUNDARY}--\r\n".encode()


HEADERS = {"Content-Type": f'multipart/form-data; boundary="{BOUNDARY}"', "Sec-Fetch-Site": "same-origin"}


# -- hostile ones -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Hostile:
    """`says` is a part of the message that it is answered with."""

    name: str
    make: Callable[[], bytes]
    says: str
    purpose: str = PHOTO
    filename: str = "photo.jpg"
    kind: str = "image/jpeg"


NO_PICTURE, BROKEN, PIXELS = "is not a picture", "is damaged", "more than 40 million pixels"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, data: bytes, *, depth: int = 8, color: int = 0, more: bytes = b"") -> bytes:
    """A PNG whose header says what it likes."""
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif_of(width: int, height: int, frames: int = 1) -> bytes:
    """A GIF with frames of one pixel on a screen that is as large as it likes to say."""
    frame = b",\0\0\0\0\1\0\1\0\0\2\2D\1\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame * frames + b";"


def webp_header(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_saying(width: int, height: int) -> bytes:
    """A small JPEG whose frame header claims another size."""
    data = jpeg()
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: few bytes, and each time a pass over all pixels."""
    data = packed(picture((7000, 5600)).convert("L"), "JPEG", progressive=True, quality=50)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def zipped(name: str = "a.html", content: bytes = SCRIPT) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def tiff() -> bytes:
    return packed(picture(), "TIFF")


def _named(content: bytes, filename: str, kind: str, purpose: str = PHOTO) -> Hostile:
    return Hostile(f"{content[:14]!r} as {filename}, {kind}", lambda: content, NO_PICTURE, purpose, filename, kind)


# What is no picture, whatever its name and type say.
DISGUISED = [
    _named(SCRIPT, "photo.jpg", "image/jpeg"),
    _named(SCRIPT, "photo.html", "text/html"),
    _named(SCRIPT, "photo.pdf", "application/pdf", ATTACHMENT),
    _named(b"\xef\xbb\xbf" + SCRIPT, "photo.webp", "image/webp"),
    _named(SVG, "photo.svg", "image/svg+xml"),
    _named(SVG, "photo.png", "image/png"),
    _named(b'<?xml version="1.0"?>' + SVG, "photo.svg", "image/svg+xml", ATTACHMENT),
    _named(gzip.compress(SVG), "photo.svgz", "image/svg+xml"),
    _named(b"<?php system($_GET['c']); ?>", "photo.php.jpg", "image/jpeg"),
    _named(b"#!/bin/sh\nrm -rf /\n", "photo.jpg", "image/jpeg"),
    _named(b"\x7fELF\x02\x01\x01" + bytes(64), "photo.jpg", "image/jpeg"),
    _named(b"MZ\x90\0" + bytes(64), "photo.exe", "image/jpeg"),
    _named(b"push graphic-context\nfill 'url(https://127.0.0.1/)'\npop graphic-context", "photo.mvg", "image/jpeg"),
    _named(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) run\n", "photo.eps", "image/jpeg"),
    _named(zipped(), "photo.jpg", "image/jpeg"),
    _named(zipped("word/document.xml", b"<w/>"), "photo.docx", "image/png", ATTACHMENT),
    _named(b'{"photo":"/etc/passwd"}', "photo.json", "application/json"),
    _named(b"/etc/passwd", "photo.jpg", "image/jpeg"),
    _named(b"\0" * 4096, "photo.jpg", "image/jpeg"),
    _named(b"\xff" * 4096, "photo.jpg", "image/jpeg"),
    _named(b"BM" + bytes(200), "photo.bmp", "image/bmp"),
    _named(packed(picture(), "BMP"), "photo.bmp", "image/bmp"),
    _named(packed(picture(), "TGA"), "photo.tga", "image/jpeg"),
    _named(packed(picture(), "ICO"), "photo.ico", "image/x-icon"),
    _named(packed(picture(), "PPM"), "photo.ppm", "image/jpeg"),
    _named(packed(picture(), "JPEG2000"), "photo.jp2", "image/jpeg"),
    _named(tiff(), "photo.tiff", "image/tiff"),
    _named(packed(picture(), "PSD") if "PSD" in Image.SAVE else b"8BPS\0\1" + bytes(80), "photo.psd", "image/png"),
    _named(b"\0\0\0 ftypheic" + bytes(100), "photo.heic", "image/heic"),
    _named(b"\0\0\0 ftypavif" + bytes(100), "photo.avif", "image/avif"),
    _named(b"id=x\n# text that is long enough to be something" * 50, "photo.txt", "text/plain", ATTACHMENT),
    _named(b" " + PDF, "a.pdf", "application/pdf", ATTACHMENT),
    _named(SCRIPT + PDF, "a.pdf", "application/pdf", ATTACHMENT),
    _named(b"%PDF-9.9\n%%EOF", "a.pdf", "application/pdf", ATTACHMENT),
    _named(b"%FDF-1.2\n%%EOF", "a.pdf", "application/pdf", ATTACHMENT),
]

# What begins like a picture, and does not go on.
DAMAGED = [
    *(
        Hostile(f"{name} cut to {share:.0%}", lambda make=make, share=share: make()[: int(len(make()) * share)], BROKEN)
        for name, make in (
            *(("a JPEG", lambda: jpeg((600, 400))), ("a PNG", lambda: png((600, 400)))),
            ("a GIF", lambda: gif((600, 400))),
        )
        for share in (0.9, 0.6)
    ),
    Hostile("a WebP cut off", lambda: webp((600, 400))[:-40], "is "),
    Hostile("the beginning of a JPEG", lambda: jpeg()[:4], NO_PICTURE),
    Hostile("the beginning of a PNG", lambda: png()[:8], NO_PICTURE),
    Hostile("the beginning of a GIF", lambda: b"GIF89a", NO_PICTURE),
    Hostile("the beginning of a WebP", lambda: webp()[:12], NO_PICTURE),
    Hostile("a PNG with a wrong checksum", lambda: png()[:29] + b"\0\0\0\0" + png()[33:], "is "),
    Hostile("a PNG with other data in it", lambda: png_of(64, 64, b"no zlib data"), BROKEN),
    Hostile("a PNG with too little in it", lambda: png_of(640, 640, zlib.compress(b"\0" * 64)), BROKEN),
    Hostile("a PNG of a color type that is none", lambda: png_of(8, 8, zlib.compress(b"\0" * 72), color=5), "is "),
    Hostile("a PNG of no size", lambda: png_of(0, 0, zlib.compress(b"")), "is "),
    Hostile("a PNG of negative size", lambda: png_of(0xFFFFFFFF, 1, zlib.compress(b"\0")), "file "),
    Hostile("a GIF without frames", lambda: gif_of(10, 10, 0), "is "),
    Hostile("a JPEG with HTML for its pixels", lambda: jpeg()[:200] + SCRIPT * 20, "is "),
    Hostile("a JPEG header, then HTML", lambda: b"\xff\xd8\xff\xe0" + SCRIPT, NO_PICTURE),
    Hostile("a GIF header, then a script", lambda: b"GIF89a=1;alert(1)//" + SCRIPT, "is "),
    Hostile("a WebP header, then HTML", lambda: b"RIFF\x24\0\0\0WEBPVP8 " + SCRIPT, "is "),
    Hostile("a WebP whose parts are larger than it", lambda: b"RIFF\xff\xff\xff\xffWEBPVP8L\xff\xff\xff\xff/", "is "),
]

# What is small on its way and huge once opened.
BOMBS = [
    Hostile("a PNG of 50,000 x 50,000", lambda: png_of(50_000, 50_000, zlib.compress(bytes(5_000_000), 9)), PIXELS),
    Hostile("a PNG just above the limit", lambda: png_of(8000, 5001, zlib.compress(bytes(9_000_000), 9)), PIXELS),
    Hostile("a PNG of one long row", lambda: png_of(2**31 - 1, 1, zlib.compress(bytes(9_000_000), 9)), PIXELS),
    Hostile("a gray PNG of 1 bit", lambda: png_of(60_000, 60_000, zlib.compress(bytes(99)), depth=1), PIXELS),
    Hostile("a JPEG that says 65,500 x 65,500", lambda: jpeg_saying(65_500, 65_500), PIXELS),
    Hostile("a GIF of 65,535 x 65,535", lambda: gif_of(65_535, 65_535), PIXELS),
    Hostile("a GIF of many frames on it", lambda: gif_of(65_535, 65_535, 20_000), PIXELS),
    Hostile("a WebP that says 16,383 x 16,383", lambda: webp_header(16_383, 16_383), PIXELS),
    Hostile(
        "a WebP of as many pixels as are allowed",
        lambda: packed(Image.new("RGB", (8000, 5000)), "WEBP", lossless=True, quality=0, method=0),
        "too much memory",
    ),
    Hostile(
        "a PNG whose words unpack to 200 MB",
        lambda: png_of(
            *(8, 8, zlib.compress(b"\0" * 72)),
            more=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)),
        ),
        "is ",
    ),
    Hostile(
        "a PNG whose profile unpacks to 200 MB",
        lambda: png_of(
            *(8, 8, zlib.compress(b"\0" * 72)),
            more=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)),
        ),
        "is ",
    ),
]

PDFS = [
    Hostile("a PDF as a photo", lambda: PDF, "is a PDF", PHOTO, "a.pdf", "application/pdf"),
    Hostile("a PDF called a picture", lambda: PDF, "is a PDF", PHOTO, "a.jpg", "image/jpeg"),
    Hostile("half a PDF", lambda: PDF[:40], "without its end", ATTACHMENT, "a.pdf", "application/pdf"),
    Hostile("a PDF head on HTML", lambda: b"%PDF-1.4\n" + SCRIPT, "without its end", ATTACHMENT, "a.pdf"),
]

HOSTILE = [*DISGUISED, *DAMAGED, *BOMBS, *PDFS]
