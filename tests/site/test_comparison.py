"""What changed between two versions: every word of both is in it, and the sentences are true."""

from typing import Any

from hypothesis import given

from rulepages.comparison import NEW, OLD, SAME, _runs, compare
from tests.support.documents import catalogue, small_document
from tests.support.hostile import texts
from tests.support.uploads import PDF_BLOCK, PHOTO_NAMED


@given(texts(300), texts(300))
def test_both_texts_can_be_read_from_it(old: str, new: str) -> None:
    runs = list(_runs(old, new))
    assert "".join(run.text for run in runs if run.kind in (SAME, OLD)) == old
    assert "".join(run.text for run in runs if run.kind in (SAME, NEW)) == new


def test_the_same_is_no_change() -> None:
    assert compare(catalogue(), small_document(), small_document()) == ()


def values(*rows: tuple[str, str]) -> dict[str, Any]:
    return small_document(values=[{"own": own, "title": title} for own, title in rows])


def test_what_came_went_and_moved() -> None:
    before = values(("own-1", "Care"), ("own-2", "Play"), ("own-3", "Rest"))
    after = values(("own-3", "Rest"), ("own-1", "Care"), ("own-4", "Work"))
    (part,) = compare(catalogue(), before, after)
    assert part.title == "Values"
    assert part.sentences == ("“Work” was added.", "“Play” was left out.", "The order changed.")
    assert part.entries == ()


def test_a_new_title_is_a_change_and_no_loss() -> None:
    (part,) = compare(catalogue(), values(("own-1", "Care")), values(("own-1", "Mutual care")))
    assert part.sentences == ()
    (entry,) = part.entries
    assert entry.title == "Mutual care"
    assert [(run.kind, run.text.strip()) for run in entry.changes[0].runs] == [(OLD, "Care"), (NEW, "Mutual care")]


def test_fields_lists_and_proportions() -> None:
    def document(**fields: Any) -> dict[str, Any]:
        return small_document(decisions=[{"own": "own-1", "title": "Vote", "fields": fields}])

    before = document(**{"consensus-level": 50, "applicable-scope": ["Money", "Dates"]})
    after = document(**{"consensus-level": 75, "applicable-scope": ["Money"]})
    (part,) = compare(catalogue(), before, after)
    labels = [change.label for change in part.entries[0].changes]
    assert labels == ["Applicable scope", "Consensus level"]


def test_a_photo_that_comes_changes_and_goes() -> None:
    def document(**photo: Any) -> dict[str, Any]:
        return small_document(community={"name": "Library", **({"photo": {**PHOTO_NAMED, **photo}} if photo else {})})

    one, other, none = document(alt="Us"), document(alt="Us", upload=f"{'9f' * 32}.webp"), document()
    for before, after, sentence in (
        (none, one, "A photo was added."),
        (one, none, "The photo was taken away."),
        (one, other, "There is another photo."),
    ):
        (part,) = compare(catalogue(), before, after)
        assert (part.title, part.sentences) == ("The community", (sentence,))
    (part,) = compare(catalogue(), one, document(alt="All of us"))
    assert part.sentences == ()
    assert [change.label for change in part.entries[0].changes] == ["What the photo shows"]
    assert compare(catalogue(), one, one) == ()


def test_a_file_that_is_replaced_under_the_same_name() -> None:
    def document(**block: Any) -> dict[str, Any]:
        return small_document(decisions=[{"own": "own-1", "title": "Vote", "blocks": [{**PDF_BLOCK, **block}]}])

    (part,) = compare(catalogue(), document(), document(upload=f"{'9f' * 32}.pdf"))
    (change,) = part.entries[0].changes
    assert change.label == "Form"
    assert [run.text.strip() for run in change.runs if run.kind != SAME] == ["2c2c2c2c)", "9f9f9f9f)"]
