"""Files of the tree: whole or not there, the twin first, and never two versions with one ETag."""

import gzip
import hashlib
import io
import os
import time
from pathlib import Path

import pytest

import page_files
from page_files import link_file, remove_file, write_file


def test_a_page_and_its_twin(tmp_path: Path) -> None:
    assert write_file(tmp_path, "rules/x/index.html", b"hello") is True
    file = tmp_path / "rules" / "x" / "index.html"
    assert file.read_bytes() == b"hello"
    packed = file.with_name("index.html.gz").read_bytes()
    assert gzip.decompress(packed) == b"hello"
    assert packed[4:8] == b"\0\0\0\0"  # no time in it
    assert {path.name for path in file.parent.iterdir()} == {"index.html", "index.html.gz"}


def test_the_same_bytes_are_not_written_again(tmp_path: Path) -> None:
    write_file(tmp_path, "a.html", b"hello")
    before = (tmp_path / "a.html").stat()
    assert write_file(tmp_path, "a.html", b"hello") is False
    after = (tmp_path / "a.html").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_two_versions_never_share_a_second(tmp_path: Path) -> None:
    """nginx makes its ETag of second and size: without this, two edits of equal length give a stale 304."""
    times = []
    for body in (b"one", b"two", b"six"):
        write_file(tmp_path, "a.html", body)
        times.append(((tmp_path / "a.html").stat().st_mtime, (tmp_path / "a.html.gz").stat().st_mtime))
    assert [html for html, _ in times] == [times[0][0] + n for n in range(3)]
    assert all(html == twin and html == int(html) for html, twin in times)


def test_a_clock_that_went_back_does_not_matter(tmp_path: Path) -> None:
    write_file(tmp_path, "a.html", b"one")
    future = int(time.time()) + 10_000
    os.utime(tmp_path / "a.html", (future, future))
    write_file(tmp_path, "a.html", b"two")
    assert (tmp_path / "a.html").stat().st_mtime == future + 1


def test_the_twin_is_in_place_before_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    replace = os.replace
    monkeypatch.setattr(page_files.os, "replace", lambda a, b: (order.append(Path(b).name), replace(a, b)))
    write_file(tmp_path, "a.html", b"one")
    assert order == ["a.html.gz", "a.html"]


def test_a_release_links_what_is_the_same(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write_file(old, "x/index.html", b"same")
    write_file(old, "y/index.html", b"before")
    write_file(new, "x/index.html", b"same", served_from=old)
    write_file(new, "y/index.html", b"after!", served_from=old)
    assert (new / "x/index.html").stat().st_ino == (old / "x/index.html").stat().st_ino
    assert (new / "x/index.html.gz").stat().st_ino == (old / "x/index.html.gz").stat().st_ino
    # Another text of the same length must not look unchanged across the switch.
    assert (new / "y/index.html").stat().st_mtime == (old / "y/index.html").stat().st_mtime + 1


def test_writing_a_linked_page_leaves_the_other_release_alone(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write_file(old, "x.html", b"same")
    write_file(new, "x.html", b"same", served_from=old)
    write_file(new, "x.html", b"changed")
    assert (old / "x.html").read_bytes() == b"same"


def test_leftovers_of_a_killed_writer_are_cleared(tmp_path: Path) -> None:
    (tmp_path / ".a.html.new").write_bytes(b"half")
    (tmp_path / ".a.html.gz.new").write_bytes(b"half")
    write_file(tmp_path, "a.html", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == {"a.html", "a.html.gz"}


def test_removing_leaves_no_folder_behind(tmp_path: Path) -> None:
    write_file(tmp_path, "rules/x/v/1/index.html", b"one")
    write_file(tmp_path, "rules/x/index.html", b"one")
    assert remove_file(tmp_path, "rules/x/v/1/index.html") is True
    assert not (tmp_path / "rules/x/v").exists()
    assert (tmp_path / "rules/x/index.html").exists()
    assert remove_file(tmp_path, "rules/x/v/1/index.html") is False


def test_a_damaged_twin_is_made_again(tmp_path: Path) -> None:
    write_file(tmp_path, "a.html", b"hello")
    (tmp_path / "a.html.gz").write_bytes(b"noise")
    assert write_file(tmp_path, "a.html", b"hello") is True
    assert gzip.decompress((tmp_path / "a.html.gz").read_bytes()) == b"hello"


def test_what_is_taken_along_once_has_no_twin(tmp_path: Path) -> None:
    write_file(tmp_path, "rules/x/v/1/rule.md", b"# Hello")
    assert [path.name for path in (tmp_path / "rules/x/v/1").iterdir()] == ["rule.md"]


@pytest.mark.parametrize("damage", ["", ".gz"])
def test_only_what_is_undamaged_is_linked_unseen(tmp_path: Path, damage: str) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    write_file(old, "x/a.html", b"hello")
    sha256 = hashlib.sha256(b"hello").digest()
    assert link_file(new, "x/a.html", old, sha256) is True
    assert (new / "x/a.html.gz").stat().st_ino == (old / "x/a.html.gz").stat().st_ino
    (old / f"x/a.html{damage}").write_bytes(b"noise")
    assert link_file(tmp_path / "newer", "x/a.html", old, sha256) is False
    assert not (tmp_path / "newer").exists()


def test_a_disk_that_takes_half_a_page_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Short(io.FileIO):
        def write(self, data: bytes) -> int:  # type: ignore[override]
            return super().write(data[:3])

    monkeypatch.setattr(page_files, "open", lambda file, mode, buffering: Short(file, mode), raising=False)
    with pytest.raises(OSError, match="No space left"):
        write_file(tmp_path, "a.md", b"hello")
    assert not (tmp_path / "a.md").exists()
