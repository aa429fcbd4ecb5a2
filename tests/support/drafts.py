"""A hypothesis strategy for drafts: a rule document of which anything may be missing, empty or too long."""

from typing import Any

from hypothesis import strategies as st

from rulepages.catalogue import METHOD_SECTIONS
from tests.support.hostile import texts

some_id = st.sampled_from(["own-1", "own-2", "lazy-consensus", "care"])
line = st.one_of(texts(90), st.sampled_from(["", " ", "\u200b", "Care", "\r\n a  b "]), st.just(130).map("x".__mul__))
words = st.one_of(texts(90), st.sampled_from(["", "one\r\ntwo  \n\n"]), st.just(8001).map("y".__mul__))
number = st.sampled_from([-1, 0, 75, 100, 101])
ids = st.lists(some_id, max_size=2)
field = st.one_of(words, number, st.lists(line, max_size=2))
value = st.fixed_dictionaries(
    {}, optional={"id": some_id, "own": some_id, "title": line, "meaning": words, "practice": words}
)
block = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["text", "list", "proportion"]),
        "title": line,
        "text": words,
        "items": st.lists(line, max_size=2),
        "percent": number,
    },
)
method = st.fixed_dictionaries(
    {},
    optional={
        "id": some_id,
        "own": some_id,
        "title": line,
        "summary": words,
        "fields": st.dictionaries(some_id, field, max_size=2),
        "blocks": st.lists(block, max_size=2),
    },
)


community = st.fixed_dictionaries(
    {}, optional={"name": line, "context": st.one_of(line, st.just(401).map("z".__mul__)), "types": ids, "size": ids}
)
parts: dict[str, st.SearchStrategy[Any]] = {
    "schema": st.just(1),
    "language": st.sampled_from(["en", "pt-BR"]),
    "template": some_id,
    "community": community,
    "values": st.lists(value, max_size=2),
    **{section: st.lists(method, max_size=2) for section in METHOD_SECTIONS},
}


@st.composite
def draft_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Before it is read: not normalised."""
    return {key: draw(part) for key, part in parts.items() if draw(st.booleans())}
