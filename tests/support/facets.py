"""Communities by their facets: every single choice, and a sample of those that choose several values."""

from itertools import product
from random import Random

from tests.support.documents import catalogue


def single_choices() -> list[tuple[str, ...]]:
    """Each facet left out or one of its values: 1,050 communities, the first with none."""
    rows = [[None, *(value.id for value in facet.values)] for facet in catalogue().facets]
    return [tuple(value for value in row if value) for row in product(*rows)]


def several_choices(count: int, seed: int) -> list[tuple[str, ...]]:
    """In any order and with doubles, as a query may name them."""
    random = Random(seed)
    values = [value.id for facet in catalogue().facets for value in facet.values]
    return [tuple(random.choices(values, k=random.randint(2, 12))) for _ in range(count)]
