"""Which methods and templates fit a community, in what order, and why: one pure function over small tables.

A fit counts by how rare it is in its deck, -log2 of the share of cards that have it, in thousandths of a bit: what all
cards fit counts nothing. Cards with the same score stand in this order: the one that fits fewer communities, for it was
made for these more than for others; for templates, the one whose methods fit more often; the catalogue's order.

The page ranks by itself, with `recommendations.js` and the tables of `recommendation_data`. Both only add and compare
whole numbers, so that they always agree; a test compares them.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from math import log2

from rulepages.catalogue import METHOD_SECTIONS, Catalogue, Facet


@dataclass(frozen=True, slots=True)
class Card:
    """Something to recommend. `behind` tells how many of a template's methods fit each facet value."""

    id: str
    fits: frozenset[str]
    behind: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Deck:
    """Cards in the catalogue's order; for each facet value its words in a sentence, and what a fit with it counts."""

    cards: tuple[Card, ...]
    words: Mapping[str, str]
    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One card's place. `matched` are the chosen facet values that it fits, the most telling first.

    `score` is None when nothing was chosen. There is a `reason` when the score is above 0.
    """

    id: str
    score: int | None = None
    matched: tuple[str, ...] = ()
    reason: str = ""


def method_deck(words: Mapping[str, str], fits: Mapping[str, Collection[str]]) -> Deck:
    """`fits` has each method's facet values by its id, in the catalogue's order."""
    return _deck(words, [Card(id, frozenset(values), {}) for id, values in fits.items()])


def template_deck(
    words: Mapping[str, str], fits: Mapping[str, Collection[str]], methods: Mapping[str, Iterable[Collection[str]]]
) -> Deck:
    """As `method_deck`; `methods` has for each template the facet values of each method that it is made of."""
    cards = []
    for id, values in fits.items():
        behind = list(chain.from_iterable(methods[id]))
        cards.append(Card(id, frozenset(values), {value: behind.count(value) for value in words}))
    return _deck(words, cards)


def rank(deck: Deck, chosen: Collection[str]) -> list[Recommendation]:
    """All cards, the best fit first. Values that no facet has are ignored; without any other it is the given order."""
    wanted = [value for value in deck.words if value in chosen]
    if not wanted:
        return [Recommendation(card.id) for card in deck.cards]
    wanted.sort(key=lambda value: -deck.weights[value])
    found = [(card, _recommendation(deck, card, wanted)) for card in deck.cards]
    found.sort(key=lambda pair: _order(pair[0], pair[1], wanted))
    return [recommendation for _, recommendation in found]


def facet_words(facets: Iterable[Facet]) -> dict[str, str]:
    """The words of each facet value by its id, in order."""
    return {value.id: value.words for facet in facets for value in facet.values}


def decks_of(catalogue: Catalogue) -> dict[str, Deck]:
    """The deck of each method section, and that of the templates."""
    words = facet_words(catalogue.facets)
    decks = {s: method_deck(words, {m.id: m.fits for m in catalogue.methods_of(s)}) for s in METHOD_SECTIONS}
    templates = {template.id: template.fits for template in catalogue.templates}
    methods = {
        template.id: [
            catalogue.methods[s, choice.id].fits for s in METHOD_SECTIONS for choice in template.composition[s]
        ]
        for template in catalogue.templates
    }
    return decks | {"templates": template_deck(words, templates, methods)}


def recommendation_data(decks: Mapping[str, Deck]) -> str:
    """Decks of one catalogue as JSON for `recommendations.js`.

    {"words": [[value, words], …], "decks": {name: {"weights": […], "cards": [[id, "0110…", [counts behind]], …]}}}.
    What is told of each facet value stands in the order of `words`.
    """
    words = next(iter(decks.values())).words
    plain = {name: _plain(deck) for name, deck in decks.items()}
    return json.dumps({"words": list(words.items()), "decks": plain}, ensure_ascii=False, separators=(",", ":"))


def _deck(words: Mapping[str, str], cards: list[Card]) -> Deck:
    counts = {value: sum(value in card.fits for card in cards) for value in words}
    weights = {value: round(1000 * log2(len(cards) / count)) if count else 0 for value, count in counts.items()}
    return Deck(tuple(cards), words, weights)


def _recommendation(deck: Deck, card: Card, wanted: list[str]) -> Recommendation:
    matched = tuple(value for value in wanted if value in card.fits)
    score = sum(deck.weights[value] for value in matched)
    return Recommendation(card.id, score, matched, _reason([deck.words[value] for value in matched]) if score else "")


def _order(card: Card, recommendation: Recommendation, wanted: list[str]) -> tuple[int, int, int]:
    score = recommendation.score or 0
    return -score, len(card.fits) if score else 0, -sum(card.behind.get(value, 0) for value in wanted)


def _reason(words: list[str]) -> str:
    """“Fits mutual aid, 6 to 12 members and local reach”"""
    *first, last = words
    return f"Fits {', '.join(first)} and {last}" if first else f"Fits {last}"


def _plain(deck: Deck) -> dict[str, object]:
    def row(card: Card) -> list[object]:
        cells = "".join("1" if value in card.fits else "0" for value in deck.words)
        return [card.id, cells, *([list(card.behind.values())] if card.behind else [])]

    return {"weights": list(deck.weights.values()), "cards": [row(card) for card in deck.cards]}
