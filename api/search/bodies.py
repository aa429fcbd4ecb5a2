"""What a search asks."""

from dataclasses import dataclass

from api.document.reading import invalid_document
from api.document.rule_document import UNPRINTABLE
from rulepages.search import KINDS

WORDS_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Question:
    """`words` is one line, perhaps empty; `kind` is one of `KINDS`, or empty for all of them."""

    words: str
    kind: str


def read_question(words: str, kind: str) -> Question:
    """What cannot be printed counts as space. Raise Invalid for too much of it, and for a kind that is none."""
    line = " ".join(UNPRINTABLE.sub(" ", words).split())
    if len(line) > WORDS_LENGTH:
        raise invalid_document({"q": f"is longer than {WORDS_LENGTH} characters"}, subject="The question")
    if kind and kind not in KINDS:
        raise invalid_document({"in": f"is none of {', '.join(KINDS)}"}, subject="The question")
    return Question(line, kind)
