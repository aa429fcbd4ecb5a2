"""What a picture becomes: its pixels, upright, in sRGB, and nothing else; and what ends a process that wants more."""

import errno
import io
import resource
import subprocess
import sys
import tempfile
import threading

import pytest
from PIL import Image, ImageCms

from api.errors import Invalid, TryLater
from api.images.decoder import MEMORY, PROGRAM, Decoder, Size
from tests.support.running_site import wait_until
from tests.support.uploads import PDF, SCRIPT, gif_of, jpeg, jpeg_of_many_scans, packed, picture, png, webp, zipped

WORDS = b"53.5511 N 9.9937 E, Ada's telephone"


def remade(content: bytes, decoder: Decoder | None = None) -> bytes:
    with tempfile.TemporaryFile() as upload, tempfile.TemporaryFile() as made:
        upload.write(content)
        size = (decoder or Decoder(places=1)).reencode(upload, made)
        made.seek(0)
        result = made.read()
    with Image.open(io.BytesIO(result)) as image:
        assert Size(*image.size) == size
    return result


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def is_near(one: object, other: tuple[int, ...], by: int = 12) -> bool:
    assert isinstance(one, tuple)
    return len(one) == len(other) and all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


# -- what it becomes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_nothing_is_told_about_it(format: str) -> None:
    exif = Image.Exif()
    exif[0x010E] = WORDS.decode()  # description
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = packed(picture(), format, exif=exif, icc_profile=profile, xmp=b"<x:xmpmeta>" + WORDS, comment=WORDS)
    assert WORDS in content
    made = remade(content)
    assert WORDS not in made
    for chunk in (b"EXIF", b"ICCP", b"XMP ", b"ANIM"):
        assert chunk not in made
    assert opened(made).info.keys() <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_upright(orientation: int) -> None:
    """A red corner goes where a viewer that honors the orientation would show it."""
    image = Image.new("RGB", (60, 40), "white")
    image.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = opened(remade(packed(image, "JPEG", exif=exif, quality=95))).convert("RGB")
    assert made.size == ((60, 40) if orientation < 5 else (40, 60))
    right, bottom = made.width - 5, made.height - 5
    corner = {1: (5, 5), 2: (right, 5), 3: (right, bottom), 4: (5, bottom)}
    corner |= {5: (5, 5), 6: (right, 5), 7: (right, bottom), 8: (5, bottom)}
    for place in ((5, 5), (right, 5), (right, bottom), (5, bottom)):
        red = made.getpixel(place)
        assert is_near(red, (254, 0, 0), 25) == (place == corner[orientation]), (place, red)


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        *(((2048, 100), (2048, 100)), ((2049, 100), (2048, 100)), ((4096, 3072), (2048, 1536))),
        *(((300, 5000), (123, 2048)), ((1, 1), (1, 1)), ((8000, 5000), (2048, 1280)), ((9000, 1), (2048, 1))),
    ],
)
def test_it_is_at_most_so_large(size: tuple[int, int], becomes: tuple[int, int]) -> None:
    assert opened(remade(packed(Image.new("RGB", size, "teal"), "PNG", compress_level=1))).size == becomes


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_any_kind_of_png(mode: str) -> None:
    image = Image.new("L", (64, 64), 255)
    image.paste(0, (0, 0, 32, 64))
    made = opened(remade(packed(_in_mode(image, mode), "PNG"))).convert("RGB")
    assert is_near(made.getpixel((8, 30)), (0, 0, 0))
    assert is_near(made.getpixel((56, 30)), (255, 255, 255))


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        deep = Image.new("I;16", image.size)
        deep.paste(65535, (32, 0, 64, 64))
        return deep
    return image.convert("LA").convert("RGBA") if mode == "RGBA" else image.convert(mode)


def test_what_is_transparent_stays_so() -> None:
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, 32, 64))
    made = opened(remade(packed(image, "PNG")))
    assert made.mode == "RGBA"
    assert [made.getpixel((8, 8))[3], made.getpixel((56, 8))[3]] == [0, 255]  # type: ignore[index]


def test_its_colors_are_those_that_its_profile_meant() -> None:
    """A profile with red and blue exchanged: what was stored as red is to be seen as blue."""
    ours = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(ours)
    tags = {ours[132 + 12 * n : 136 + 12 * n]: 132 + 12 * n for n in range(int.from_bytes(ours[128:132], "big"))}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    swapped[red + 4 : red + 12], swapped[blue + 4 : blue + 12] = ours[blue + 4 : blue + 12], ours[red + 4 : red + 12]
    image = Image.new("RGB", (32, 32), "red")
    assert is_near(opened(remade(packed(image, "PNG", icc_profile=ours))).convert("RGB").getpixel((9, 9)), (254, 0, 0))
    made = opened(remade(packed(image, "PNG", icc_profile=bytes(swapped)))).convert("RGB")
    assert is_near(made.getpixel((9, 9)), (0, 0, 254))


LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200, LAB], ids=["words", "zeros", "of other colors"])
def test_a_profile_that_cannot_be_used_is_none(profile: bytes) -> None:
    made = opened(remade(packed(Image.new("RGB", (32, 32), "red"), "PNG", icc_profile=profile))).convert("RGB")
    assert is_near(made.getpixel((9, 9)), (254, 0, 0))


def test_of_what_moves_the_first_frame() -> None:
    frames = [Image.new("RGB", (40, 40), color) for color in ("lime", "red", "blue")]
    for format in ("GIF", "PNG", "WEBP"):
        content = packed(frames[0], format, save_all=True, append_images=frames[1:])
        made = opened(remade(content))
        assert getattr(made, "n_frames", 1) == 1, format
        assert is_near(made.convert("RGB").getpixel((20, 20)), (0, 254, 0)), format
    assert opened(remade(gif_of(64, 64, frames=50_000))).size == (64, 64)


@pytest.mark.parametrize(
    "content",
    [
        *(
            jpeg() + SCRIPT,
            png() + SCRIPT,
            webp() + SCRIPT,
            jpeg() + zipped(),
            png() + PDF,
            jpeg() + b"\0" * 9000 + PDF,
        ),
        packed(picture(), "JPEG", comment=SCRIPT),
        packed(picture(), "JPEG", comment=b"*/=alert(1)/*" + SCRIPT),
    ],
)
def test_what_hides_behind_a_picture_does_not_come_along(content: bytes) -> None:
    made = remade(content)
    assert made[:4] == b"RIFF"
    for hidden in (b"<script", b"%PDF", b"PK\x03\x04", b"alert"):
        assert hidden not in made


def test_it_is_the_same_every_time() -> None:
    """Names are made of the content."""
    assert len({remade(png((300, 200))) for _ in range(3)}) == 1


# -- what ends it -----------------------------------------------------------------------------------------------------


def noise(size: tuple[int, int]) -> bytes:
    return packed(Image.effect_noise(size, 90).convert("RGB"), "WEBP", lossless=True, quality=0, method=0)


def test_memory_ends_with_its_limit_and_ours_does_not_grow() -> None:
    """A picture of 36 million pixels in the format that takes most: with room it opens, with the limit it does not."""
    content = packed(Image.new("RGB", (6000, 6000), "teal"), "WEBP", lossless=True, quality=0, method=0)
    assert len(content) < 100_000
    assert opened(remade(content, Decoder(places=1, memory=2 * MEMORY))).size == (2048, 2048)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Invalid, match="too much memory"):
        remade(content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 16 * 1024  # KiB


def test_time_ends_with_its_limit(caplog: pytest.LogCaptureFixture) -> None:
    content = jpeg_of_many_scans(200)
    assert len(content) < 1_500_000
    with pytest.raises(Invalid, match="too long to open"):
        remade(content, Decoder(places=1, processor_seconds=1))
    assert "the decoder ended with -" in caplog.text


def test_it_can_open_nothing_and_start_nothing() -> None:
    """What is forbidden is forbidden by the kernel: seen from inside, by a program that takes the same vows."""
    attempts = (
        "import importlib.util, os, socket, sys\n"
        f"spec = importlib.util.spec_from_file_location('reencode', {str(PROGRAM)!r})\n"
        "program = importlib.util.module_from_spec(spec); spec.loader.exec_module(program)\n"
        f"program._give_up_powers({MEMORY}, 9)\n"
        "for attempt in (lambda: open('/etc/passwd'), lambda: open('/tmp/x', 'w'), socket.socket, os.pipe,\n"
        "    lambda: bytearray(10**9), lambda: os.write(1, b'x' * 10**7) and os.write(1, b'x' * 10**7)):\n"
        "    try:\n"
        "        attempt()\n"
        "        print('done', file=sys.stderr)\n"
        "    except (OSError, MemoryError) as error:\n"
        "        print(type(error).__name__, getattr(error, 'errno', ''), file=sys.stderr)\n"
    )
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(
            [sys.executable, "-I", "-c", attempts], stdout=out, stderr=subprocess.PIPE, env={}, text=True, check=True
        )
    no_file, too_large = f"OSError {errno.EMFILE}", f"OSError {errno.EFBIG}"
    assert done.stderr.splitlines() == [no_file] * 4 + ["MemoryError ", too_large]


@pytest.mark.parametrize(("places", "turn_seconds"), [(1, 30.0), (2, 0.2)], ids=["no place to wait", "no turn in time"])
def test_one_at_a_time_and_no_endless_queue(places: int, turn_seconds: float) -> None:
    """While one picture is being opened another is sent away: at once, or after waiting in vain."""
    decoder = Decoder(places=places, turn_seconds=turn_seconds)
    made: list[Size] = []

    def open_slowly() -> None:
        with tempfile.TemporaryFile() as upload, tempfile.TemporaryFile() as result:
            upload.write(noise((3000, 2500)))
            made.append(decoder.reencode(upload, result))

    first = threading.Thread(target=open_slowly)
    first.start()
    wait_until(decoder._turn.locked)
    with pytest.raises(TryLater) as problem:
        remade(png(), decoder)
    assert problem.value.seconds == 5
    assert not made, "the first was ready too early for this to prove anything"
    first.join(30)
    assert made == [Size(2048, 1707)]
    remade(png(), decoder)
