"""GET /api/search: what is found, in which order, and that nothing that is asked can hurt."""

import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from api.database import MIGRATIONS, connect, migrate
from tests.support.cast import ADA, Browser, Stage
from tests.support.documents import full_document, small_document
from tests.support.hostile import HOSTILE
from tests.support.postgres import PostgresServer

PAGE = {"Accept": "text/html,application/xhtml+xml"}
KINDS = ["rules", "templates", "methods", "values", "articles"]


@pytest.fixture
def ada(stage: Stage) -> Browser:
    return stage.signed_in(ADA)


def publish(ada: Browser, name: str, context: str = "", **more: Any) -> dict[str, Any]:
    community = {"name": name, "context": context}
    visibility = {"visibility": more.pop("visibility")} if "visibility" in more else {}
    body = {"document": small_document(community=community, **more), **visibility}
    answer = ada.simulate_post("/api/rules", json=body)
    assert answer.status_code == 200, answer.text
    rule: dict[str, Any] = answer.json["rule"]
    return rule


def ask(stage: Stage, words: str, **more: str) -> dict[str, Any]:
    answer = stage.client().simulate_get("/api/search", params={"q": words, **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json
    return found


def rules(stage: Stage, words: str) -> list[str]:
    found = ask(stage, words, **{"in": "rules"})
    assert found["counts"] == {"rules": len(found["results"])}
    return [result["title"] for result in found["results"]]


def page(stage: Stage, words: str, status: int = 200, **more: str) -> str:
    answer = stage.client().simulate_get("/api/search", params={"q": words, **more}, headers=PAGE)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert '<meta name="robots" content="noindex">' in answer.text
    return answer.text


def test_a_rule_is_found_by_its_name_its_summary_and_its_titles(stage: Stage, ada: Browser) -> None:
    rule = publish(
        ada,
        "Lantern Street Kitchen",
        "We cook on Thursdays.",
        values=[{"own": "own-1", "title": "Hospitality"}],
        conflict=[{"own": "own-1", "title": "Soup at the long table", "summary": "Marzipan."}],
    )
    for words in ("lantern", "KITCHEN street", "thursdays", "hospitality", "long table", "lantern soup cook"):
        assert rules(stage, words) == ["Lantern Street Kitchen"], words
    for words in ("marzipan", "lantern marzipan", "antern", "nothing"):
        assert rules(stage, words) == [], words
    [result] = ask(stage, "lantern", **{"in": "rules"})["results"]
    assert result == {
        "kind": "rules",
        "title": "Lantern Street Kitchen",
        "url": rule["url"],
        "summary": "We cook on Thursdays.",
    }


def test_the_last_word_may_be_a_beginning(stage: Stage, ada: Browser) -> None:
    publish(ada, "Riverside Tool Library")
    assert rules(stage, "riverside too") == rules(stage, "Lib") == ["Riverside Tool Library"]
    assert rules(stage, "river tool") == []  # only the last one


def test_names_come_before_summaries_before_titles_and_alike_ones_newest_first(stage: Stage, ada: Browser) -> None:
    publish(ada, "Named Saffron")
    publish(ada, "By summary", "We grow saffron.")
    publish(ada, "By value", values=[{"own": "own-1", "title": "Saffron"}])
    publish(ada, "Also Saffron")
    assert rules(stage, "saffron") == ["Also Saffron", "Named Saffron", "By summary", "By value"]


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        *(("Café Zürich", "CAFE zurich"), ("Cafe Zurich", "café Zürich"), ("Ångström Łódź", "angstrom")),
        *(("مكتبة الحي", "مَكْتَبَة"), ("מַטְבַּח משותף", "מטבח"), ("Йога Клуб", "йога КЛУБ"), ("한국어 공동체", "공동")),
        *(("Co-op 24/7", "co-op"), ("Co-op 24/7", "24/7"), ("It’s a. b@c.org!", "b@c.org"), ("ﬁle Ⅳ", "file iv")),
        *(("नमस्ते समुदाय", "समुदाय"), ("a_b_c", "a b c"), ("C++ & friends", "c friends"), ("東京 図書館", "図書館")),
    ],
)  # fmt: skip
def test_letters_of_the_world(stage: Stage, ada: Browser, name: str, asked: str) -> None:
    publish(ada, name)
    publish(ada, "Something else")
    assert rules(stage, asked) == [name]
    text = page(stage, asked)
    assert re.search(r"<bdi>([^<]*)</bdi></a>", text)
    assert f"<bdi>{name}</bdi></a>" in unescape(text)


def test_only_public_rules_are_found(stage: Stage, ada: Browser) -> None:
    publish(ada, "Saffron in secret", visibility="unlisted")
    rule = publish(ada, "Saffron")
    address = f"/api/rules/{rule['id']}"
    assert rules(stage, "saffron") == ["Saffron"]
    for method, path, body, found in (
        ("PUT", "/visibility", {"visibility": "unlisted"}, []),
        ("PUT", "/visibility", {"visibility": "public"}, ["Saffron"]),
        ("DELETE", "/publication", None, []),
        ("PUT", "/publication", {}, ["Saffron"]),
        ("DELETE", "", None, []),
    ):
        answer = ada.simulate_request(method, address + path, json=body)
        assert answer.status_code == 200, answer.text
        assert rules(stage, "saffron") == found, (method, path, body)
        assert ("Saffron</bdi></a>" in page(stage, "saffron")) == bool(found)
    assert stage.rows("SELECT title FROM rule") == [("Saffron in secret",)]  # and was never found


def test_a_revised_rule_is_found_by_its_new_words_only(stage: Stage, ada: Browser) -> None:
    rule = publish(ada, "Old", values=[{"own": "own-1", "title": "Patience"}])
    body = {"document": small_document("New", values=[{"own": "own-1", "title": "Courage"}]), "reason": "We grew."}
    assert ada.simulate_patch(f"/api/rules/{rule['id']}", json=body).status_code == 200
    assert rules(stage, "courage") == rules(stage, "new") == ["New"]
    assert rules(stage, "patience") == rules(stage, "old") == []


def test_every_kind_is_found_and_counted(stage: Stage, ada: Browser) -> None:
    publish(ada, "The Consensus")
    found = ask(stage, "consensus")
    kinds = [result["kind"] for result in found["results"]]
    assert found["query"] == "consensus"
    assert list(found["counts"]) == KINDS
    assert kinds == sorted(kinds, key=KINDS.index)
    for kind in ("rules", "templates", "methods"):
        assert 1 <= kinds.count(kind) == min(8, found["counts"][kind]), kind
    for kind in KINDS:
        alone = ask(stage, "consensus", **{"in": kind})
        assert alone["counts"] == {kind: found["counts"][kind]}
        assert len(alone["results"]) == found["counts"][kind]
    assert all(result["summary"] for result in found["results"] if result["kind"] != "rules")


def test_a_page_shows_a_few_and_leads_to_the_rest(stage: Stage, ada: Browser) -> None:
    for number in range(10):
        publish(ada, f"Saffron {number}")
    text = page(stage, "saffron")
    assert re.findall(r"<bdi>(Saffron \d)</bdi></a>", text) == [f"Saffron {n}" for n in range(9, 1, -1)]
    [link] = re.findall(r'<a href="(/api/search[^"]*)">More rules</a>', text)
    more = stage.client().simulate_get(
        *unescape(link).split("?")[:1], query_string=unescape(link).split("?")[1], headers=PAGE
    )
    assert len(re.findall(r"<bdi>Saffron \d</bdi></a>", more.text)) == 10


def test_what_is_found_often_is_counted_to_a_thousand(stage: Stage, ada: Browser) -> None:
    rule = publish(ada, "Saffron")
    with connect(stage.parts.config.database_url) as connection:
        connection.execute(
            "INSERT INTO rule (slug, title, context, version, sha256, published_at)"
            " SELECT 'copy-' || n, title, context, 1, sha256, published_at FROM rule, generate_series(1, 1100) AS n"
            " WHERE id = %s",
            [rule["id"]],
        )
        connection.execute(
            "INSERT INTO place (listing, place, rule_id)"
            " SELECT 'library', 1000 + id, id FROM rule WHERE slug LIKE 'copy-%'"
        )
    found = ask(stage, "saffron", **{"in": "rules"})
    assert (found["counts"]["rules"], len(found["results"])) == (1000, 100)
    assert found["results"][0]["url"].endswith("/rules/copy-1100/")
    assert "1000 or more" in page(stage, "saffron")


def test_nothing_found_says_so(stage: Stage) -> None:
    text = page(stage, "zzz <b>")
    assert "Nothing found for “<bdi>zzz &lt;b&gt;</bdi>”. Try fewer words." in text
    for address in ("/rules/", "/templates/", "/methods/", "/values/", "/learn/"):
        assert f'<a href="{address}">' in text.split("Nothing found")[1]
    assert 'value="zzz &lt;b&gt;"' in text
    assert "<title>Search: zzz &lt;b&gt; · CommunityRule</title>" in text
    assert ask(stage, "zzz <b>") == {"query": "zzz <b>", "results": [], "counts": dict.fromkeys(KINDS, 0)}


@pytest.mark.parametrize("nothing", ["", "   ", "\x00\x1f", "\u2028"])
def test_no_words_get_a_page_that_says_what_can_be_found(stage: Stage, ada: Browser, nothing: str) -> None:
    publish(ada, "Saffron")
    text = page(stage, nothing)
    assert "Nothing found" not in text
    assert "by its name, by what it is about" in text
    assert ask(stage, nothing) == {"query": "", "results": [], "counts": dict.fromkeys(KINDS, 0)}


TSQUERIES = [
    *("'", "''", "'a", "a'b", "\\", "\\'", "a\\", ":", ":*", "a:*", "a:ABCD", "!", "!!a", "a & b", "a &", "| a"),
    *("a | | b", "(", "((a)", "a <-> b", "a <2> b", "<->", "a <99999> b", "-a", '"a b', '"', "a:*:*", "* *", "%", "%s"),
    *("%(words)s", "'; DROP TABLE rule; --", "🥕", "👩\u200d👧 family", "\u202eabc", "\ufeff", "\uffff", "ﷺ" * 190),
    *("a" * 200, "a " * 99, "É" * 200, "\U0010ffff", "\u0301" * 100, "e" + "\u0301" * 150, "http://a.b/c?d=e&f"),
    *("a@b.c", "{}", "1e400", "-1.5", "<b>", "&lt;"),
]  # fmt: skip


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_hostile_words_are_words(stage: Stage, ada: Browser, accept: str) -> None:
    publish(ada, "Qqqq")
    for words in [*TSQUERIES, *HOSTILE]:
        answer = stage.client().simulate_get("/api/search", params={"q": words}, headers={"Accept": accept})
        assert answer.status_code == (200 if len(" ".join(words.split())) <= 200 else 400), (words, answer.text[:300])
        assert "Qqqq" not in answer.text, words
    assert stage.rows("SELECT title FROM rule") == [("Qqqq",)]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "q=%00",
            "q=%ff%fe",
            "q=%ed%a0%80",
            "q=%",
            "q=%zz",
            "q=a&q=b",
            "q",
            "q=a,b",
            "=",
            "&&&",
            "in=",
            "q=%0d%0aX:%20y",
        ),
        *("q=a&in=", "q=%F4%90%80%80", "q=" + "%20" * 3000, "q[]=a", "q=a&x=y", "q=a;b"),
    ],
)
def test_hostile_addresses_are_answered(stage: Stage, query: str) -> None:
    for accept in ("application/json", "text/html", "*/*", ""):
        answer = stage.client().simulate_get("/api/search", query_string=query, headers={"Accept": accept})
        assert answer.status_code == 200, (query, accept, answer.text[:300])


def test_too_much_is_said_and_given_back(stage: Stage) -> None:
    long = "word " * 2000
    answer = stage.client().simulate_get("/api/search", params={"q": long})
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "validation_error")
    assert answer.json["details"]["fieldErrors"] == {"q": ["is longer than 200 characters"]}
    text = page(stage, long, status=400)
    assert "This is longer than 200 characters." in text
    assert long.strip() in text
    assert stage.client().simulate_get("/api/search", params={"q": f"  {'a' * 200}  "}).status_code == 200
    page(stage, "\x00a\ufffe\x1f" * 300, status=400)


@pytest.mark.parametrize("kind", ["people", "RULES", "rules,values", "'"])
def test_a_kind_that_is_none(stage: Stage, kind: str) -> None:
    answer = stage.client().simulate_get("/api/search", params={"q": "a", "in": kind})
    assert (answer.status_code, answer.json["details"]["fieldErrors"].keys()) == (400, {"in"})
    assert "is none of" in page(stage, "a", status=400, **{"in": kind})


def test_links_on_the_page_carry_the_words_whole(stage: Stage) -> None:
    text = page(stage, 'a&in=values"', **{"in": "methods"})
    [link] = re.findall(r'<a href="(/api/search[^"]*)">Search everything', text)
    assert unescape(link) == f"/api/search?q={quote('a&in=values')}{quote(chr(34))}"


def test_titles_are_cut_to_what_the_column_holds(stage: Stage, ada: Browser) -> None:
    values = [{"own": f"own-{n}", "title": f"{n:02} {'long ' * 22}"} for n in range(20)]
    publish(ada, "Long", values=values)
    [(length, begins)] = stage.rows("SELECT length(words), words LIKE '00 long %%' FROM rule")
    assert (length, begins) == (2000, True)


def test_rules_that_were_there_before_get_the_same_words(postgres: PostgresServer, stage: Stage, ada: Browser) -> None:
    """The migration fills the column from documents with what publishing would have written."""
    documents = [full_document("Full"), small_document("Small"), small_document("None", values=[])]
    documents.append(small_document("Long", values=[{"own": f"o-{n}", "title": f"{n} {'é ' * 58}"} for n in range(20)]))
    for document in documents:
        assert ada.simulate_post("/api/rules", json={"document": document}).status_code == 200
    question = "SELECT title, words, search::text FROM rule ORDER BY id"
    wanted = stage.rows(question)
    assert len(wanted[0][1].splitlines()) == 13
    with connect(stage.parts.config.database_url) as connection:
        connection.execute("ALTER TABLE rule DROP COLUMN search, DROP COLUMN words")
        connection.execute("DROP FUNCTION folded(text)")
        connection.execute("DELETE FROM schema_migration WHERE version = 10")
    assert migrate(stage.parts.config.database_url, lambda line: None, MIGRATIONS) == 1
    assert stage.rows(question) == wanted


def test_a_rare_word_is_looked_up(stage: Stage, ada: Browser) -> None:
    """In the index, that is, however many rules there are."""
    publish(ada, "Saffron")
    with connect(stage.parts.config.database_url) as connection:
        connection.execute(
            "INSERT INTO rule (slug, title, context, version, sha256, published_at)"
            " SELECT 'other-' || n, 'Other ' || n, '', 1, '', now() FROM generate_series(1, 3000) AS n"
        )
        connection.execute("ANALYZE rule")
        plan = connection.execute(
            "EXPLAIN SELECT id FROM rule WHERE search @@ plainto_tsquery('simple', folded('saffron'))"
        ).fetchall()
    assert "rule_search" in str(plan)
