"""What an owner does with a rule besides revising it: visibility, withdrawal, deletion; and who else may not."""

import pytest

from api.config import Config
from api.pages.tombstones import Tombstones
from tests.support.cast import ADA, ROB, Browser, Stage
from tests.support.documents import small_document
from tests.support.trees import live_tree, pages_worker


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


@pytest.fixture
def rule(ada: Browser) -> dict[str, str]:
    """One with two versions."""
    found: dict[str, str] = ada.simulate_post("/api/rules", json={"document": small_document("First")}).json["rule"]
    body = {"document": small_document("Second"), "reason": "A new name."}
    assert ada.simulate_patch(f"/api/rules/{found['id']}", json=body).status_code == 200
    return found


def test_an_unlisted_rule_leaves_every_list_and_keeps_its_address(
    stage: Stage, config: Config, ada: Browser, rule: dict[str, str]
) -> None:
    address = f"/api/rules/{rule['id']}/visibility"
    answer = ada.simulate_put(address, json={"visibility": "unlisted"})
    assert (answer.status_code, answer.json["rule"]["visibility"]) == (200, "unlisted")
    with pages_worker(config) as worker:
        worker.work()
        tree = live_tree(config)
        own = f"rules/{rule['slug']}/"
        assert b'content="noindex"' in tree[f"{own}index.html"]
        named = [path for path, body in tree.items() if rule["slug"].encode() in body and not path.startswith(own)]
        assert named == []
        assert ada.submit(address, {"visibility": "public"}).status_code == 303
        worker.work()
    assert rule["slug"].encode() in live_tree(config)["rules/index.html"]
    assert stage.rows("SELECT place, listed FROM place") == [(1, True)]


def test_the_address_of_a_rule_published_unlisted_cannot_be_guessed(ada: Browser) -> None:
    body = {"document": small_document("Secret"), "visibility": "unlisted"}
    slug = ada.simulate_post("/api/rules", json=body).json["rule"]["slug"]
    assert len(slug.removeprefix("secret-")) == 17  # of 31 letters: more than 80 bits


def test_a_withdrawn_version_is_gone_and_its_facts_remain(
    stage: Stage, config: Config, ada: Browser, rule: dict[str, str]
) -> None:
    [(sha256,)] = stage.rows("SELECT sha256 FROM rule_version WHERE number = 1")
    with pages_worker(config) as worker:
        worker.work()
        assert ada.simulate_delete(f"/api/rules/{rule['id']}/versions/1").status_code == 200
        stones = Tombstones(config.build)
        assert stones.names() == {f"{rule['slug']}{part}" for part in (".v.1", ".compare.1", ".compare.2")}
        worker.work()
    tree = live_tree(config)
    own = f"rules/{rule['slug']}/"
    assert not [path for path in tree if path.startswith((f"{own}v/1/", f"{own}compare/"))]
    history = tree[f"{own}history/index.html"].decode()
    assert sha256 in history
    assert "Its text was withdrawn on" in history
    assert "/v/1/" not in history
    assert stage.rows("SELECT document FROM rule_version WHERE number = 1") == [(None,)]


def test_tombstones_of_versions_are_derived_from_rows(
    stage: Stage, config: Config, ada: Browser, rule: dict[str, str]
) -> None:
    ada.simulate_delete(f"/api/rules/{rule['id']}/versions/1")
    stones = Tombstones(config.build)
    wanted = stones.names()
    for name in wanted:
        stones.lift(name)
    stones.lay("somebody-else.v.7")
    with pages_worker(config):
        assert stones.names() == wanted


def test_the_current_version_cannot_be_withdrawn(ada: Browser, rule: dict[str, str]) -> None:
    assert ada.simulate_delete(f"/api/rules/{rule['id']}/versions/2").status_code == 409
    assert ada.simulate_delete(f"/api/rules/{rule['id']}/versions/3").status_code == 404
    assert ada.submit(f"/api/rules/{rule['id']}/versions/1", {}).status_code == 303
    assert ada.simulate_delete(f"/api/rules/{rule['id']}/versions/1").status_code == 404


def test_a_deleted_rule_leaves_its_address_and_nothing_else(
    stage: Stage, config: Config, ada: Browser, rule: dict[str, str]
) -> None:
    with pages_worker(config) as worker:
        worker.work()
        assert ada.simulate_delete(f"/api/rules/{rule['id']}").json == {"ok": True}
        assert Tombstones(config.build).stands(rule["slug"])
        worker.work()
        assert not [path for path in live_tree(config) if path.startswith(f"rules/{rule['slug']}/")]
    assert stage.rows("SELECT slug FROM removed_rule") == [(rule["slug"],)]
    assert stage.rows("SELECT count(*) FROM rule_version") == [(0,)]
    assert stage.rows("SELECT highest, listed FROM listing") == [(1, 0)]
    assert ada.simulate_delete(f"/api/rules/{rule['id']}").status_code == 404
    with pages_worker(config):  # a new start derives the tombstone anew
        assert Tombstones(config.build).stands(rule["slug"])


def test_a_form_deletes_with_the_box_ticked_only(stage: Stage, ada: Browser, rule: dict[str, str]) -> None:
    assert ada.submit(f"/api/rules/{rule['id']}", {}).status_code == 400
    assert stage.rows("SELECT count(*) FROM rule") == [(1,)]
    assert ada.submit(f"/api/rules/{rule['id']}", {"delete": "yes"}).status_code == 303
    assert stage.rows("SELECT count(*) FROM rule") == [(0,)]


def test_the_page_of_a_rule_that_one_keeps(ada: Browser, rule: dict[str, str]) -> None:
    page = ada.simulate_get(f"/api/rules/{rule['id']}/keeping").text
    for words in (
        "Take it out of all lists",
        "Unpublish",
        "Withdraw version 1",
        "delete the rule and all its versions",
    ):
        assert words in page
    assert "Withdraw version 2" not in page


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/visibility", {"visibility": "unlisted"}),
        ("DELETE", "/versions/1", None),
        ("DELETE", "", None),
        ("GET", "/keeping", None),
    ],
)
def test_it_is_the_owners_alone(
    stage: Stage, rule: dict[str, str], method: str, path: str, body: dict[str, str] | None
) -> None:
    address = f"/api/rules/{rule['id']}{path}"
    signed_out = stage.client().simulate_request(method, address, json=body)
    assert signed_out.status_code == (303 if method == "GET" else 401)
    assert stage.signed_in(ROB).simulate_request(method, address, json=body).status_code == 403
    assert stage.rows("SELECT visibility, state, version FROM rule") == [("public", "published", 2)]
