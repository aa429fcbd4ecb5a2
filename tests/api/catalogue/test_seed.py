"""Copying the catalogue into rows: what it tells, what it leaves, and when it asks for a release."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest

from api.catalogue.actions import UNITS
from api.database import connect
from api.jobs.queries import claim_releases
from rulepages.catalogue import Catalogue
from tests.support.cast import Stage
from tests.support.documents import catalogue
from tests.support.seeding import seed

RELEASES = "SELECT count(*) FROM job WHERE kind = 'release'"
CONTENTS = "SELECT md5(string_agg(part || id || place || entry::text, ',' ORDER BY part, id)) FROM catalogue_entry"
METHOD = ("communication", "signal")


def with_method(known: Catalogue, **changes: object) -> Catalogue:
    changed = replace(known.methods[METHOD], **changes)  # type: ignore[arg-type]
    return replace(known, methods={**known.methods, METHOD: changed})


def without_method(known: Catalogue) -> Catalogue:
    """None of the templates has it."""
    return replace(known, methods={key: m for key, m in known.methods.items() if key != ("communication", "whatsapp")})


def other_words(known: Catalogue) -> Catalogue:
    section = replace(known.sections[1], lead="Another lead.")
    return replace(known, sections=(known.sections[0], section, *known.sections[2:]))


def other_fields_order(known: Catalogue) -> Catalogue:
    return with_method(known, fields=dict(reversed(known.methods[METHOD].fields.items())))


def other_facet(known: Catalogue) -> Catalogue:
    return replace(known, facets=(replace(known.facets[0], title="Sort"), *known.facets[1:]))


# What somebody changes in the files, and what a seed tells of it: the unit, and what kind of change to which id.
CHANGES: dict[str, tuple[Callable[[Catalogue], Catalogue], dict[str, dict[str, list[str]]]]] = {
    "a fit": (lambda k: with_method(k, fits=("dao",)), {"communication": {"changed": ["signal"]}}),
    "what only a page shows": (
        lambda k: with_method(k, parts={"When it fits": "At night."}),
        {"communication": {"changed": ["signal"]}},
    ),
    "a section's words": (other_words, {"communication": {"changed": ["communication"]}}),
    "a facet's title": (other_facet, {"facets": {"changed": ["types"]}}),
    "a template's place": (
        lambda k: replace(k, templates=(k.templates[1], k.templates[0], *k.templates[2:])),
        {"templates": {"changed": ["consensus", "consensus-clusters"]}},
    ),
    "a template gone": (
        lambda k: replace(k, templates=k.templates[:-1]),
        {"templates": {"removed": ["self-appointed-board"]}},
    ),
    "a method gone": (
        without_method,  # those after it move up
        {"communication": {"changed": ["discourse-forum"], "removed": ["whatsapp"]}},
    ),
}


def told(reports: dict[str, object]) -> dict[str, dict[str, list[str]]]:
    kinds = ("added", "changed", "removed")
    found = {unit: {kind: ids for kind in kinds if (ids := getattr(r, kind))} for unit, r in reports.items()}
    return {unit: changes for unit, changes in found.items() if changes}


def test_a_first_seed_adds_everything_and_asks_for_one_release(stage: Stage) -> None:
    reports = seed(stage)
    assert tuple(reports) == UNITS
    assert [len(report.added) for report in reports.values()] == [4, 70, 12, 20, 33, 20, 13]  # a section counts itself
    assert all(not (r.changed or r.removed or r.left) for r in reports.values())
    assert stage.rows(RELEASES) == [(1,)]


def test_a_second_one_changes_nothing_and_asks_for_none(stage: Stage) -> None:
    first = seed(stage)
    before = stage.rows(CONTENTS)
    second = seed(stage)
    assert told(second) == {}
    assert {unit: r.left for unit, r in second.items()} == {unit: r.added for unit, r in first.items()}
    assert stage.rows(CONTENTS) == before != [(None,)]
    assert stage.rows(RELEASES) == [(1,)]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_and_asks_for_a_release(stage: Stage, name: str) -> None:
    seed(stage)
    stage.rows("UPDATE job SET done_at = now() WHERE kind = 'release' RETURNING id")
    change, expected = CHANGES[name]
    assert told(seed(stage, change(catalogue()))) == expected  # type: ignore[arg-type]
    assert stage.rows(RELEASES) == [(2,)]
    assert told(seed(stage, change(catalogue()))) == {}
    assert stage.rows(RELEASES) == [(2,)]


def test_the_order_of_fields_counts(stage: Stage) -> None:
    seed(stage)
    reports = seed(stage, other_fields_order(catalogue()))
    assert reports["communication"].changed == ["signal"]
    assert reports["templates"].changed == ["solidarity-network"]  # it shows the whole method


def test_a_release_that_is_being_built_may_not_see_the_change(stage: Stage) -> None:
    """Then another one is asked for; one that waits serves all."""
    seed(stage)
    with connect(stage.parts.config.database_url) as builder, builder.transaction():
        assert len(claim_releases(builder)) == 1
        seed(stage, other_facet(catalogue()))
        assert stage.rows(RELEASES) == [(2,)]
        seed(stage)
        assert stage.rows(RELEASES) == [(2,)]


def test_a_section_is_copied_whole_or_not_at_all(stage: Stage) -> None:
    """The database refuses one method of membership."""
    with connect(stage.parts.config.database_url) as connection:
        connection.execute("ALTER TABLE catalogue_entry ADD CONSTRAINT fault CHECK (id <> 'pay-to-join')")
        with pytest.raises(psycopg.errors.CheckViolation, match="fault"):
            seed(stage)
        parts = "SELECT part, count(*) FROM catalogue_entry GROUP BY part ORDER BY part"
        assert stage.rows(parts) == [("communication", 11), ("facets", 4), ("sections", 2), ("values", 69)]
        assert stage.rows(RELEASES) == [(1,)]  # for what is there
        connection.execute("ALTER TABLE catalogue_entry DROP CONSTRAINT fault")
    reports = seed(stage)
    assert [unit for unit, report in reports.items() if report.added] == list(UNITS[3:])
    assert told(seed(stage)) == {}
