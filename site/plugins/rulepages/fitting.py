"""“Which fits you?”: the form on a page of cards, and what it is answered with.

The same page exists three times with the same words: as a file, with nothing asked yet; made over in the browser by
`fit-finder.js`; and rendered by the API for browsers without JavaScript. Tests compare what they say.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rulepages.catalogue import Catalogue, Facet
from rulepages.recommendations import Recommendation, decks_of, rank, recommendation_data
from rulepages.text import data_block

TOLD = 3  # how many of the first are named


@dataclass(frozen=True, slots=True)
class Fitting:
    """`address` is where the cards stand without a question, `action` where the form leads. `order` has the cards' ids,
    `reasons` why one is recommended, by id. `said` sums the answer up; it is empty when nothing was asked. `data` is
    for the browser."""

    address: str
    action: str
    facets: Sequence[Facet]
    asked: bool
    chosen: frozenset[str]
    order: Sequence[str]
    reasons: Mapping[str, str]
    said: str
    data: Markup


def fitting(catalogue: Catalogue, name: str, chosen: Collection[str] | None) -> Fitting:
    """For the deck `name`. `chosen` are ids of facet values, unknown ones are ignored; None: nothing was asked."""
    deck = decks_of(catalogue)[name]
    known = frozenset(chosen or ()) & deck.words.keys()
    found = rank(deck, known)
    titles = {it.id: it.title for it in (catalogue.templates if name == "templates" else catalogue.methods_of(name))}
    return Fitting(
        address="/templates/" if name == "templates" else f"/methods/{name}/",
        action="/api/templates/fit" if name == "templates" else f"/api/methods/{name}/fit",
        facets=catalogue.facets,
        asked=chosen is not None,
        chosen=known,
        order=[card.id for card in found],
        reasons={card.id: card.reason for card in found if card.reason},
        said="" if chosen is None else _said(found, titles),
        data=data_block(recommendation_data({name: deck})),
    )


def _said(found: Sequence[Recommendation], titles: Mapping[str, str]) -> str:
    """What `said` in `fit-finder.js` returns."""
    if found[0].score is None:
        return "Nothing is chosen, so all stand in their usual order."
    first, *others = [titles[card.id] for card in found if card.reason][:TOLD] or [""]
    if not first:
        return "That alone does not tell them apart. Please choose one thing more."
    return f"The best fit comes first: {first}{', then ' if others else ''}{' and '.join(others)}."
