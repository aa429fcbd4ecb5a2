"""Shapes of requests: what the inherited clients send. Only the metric, its value and the page's kind are kept."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from api.document.rule_document import CLEAN
from api.wire import Body

LARGEST = 600_000.0  # milliseconds: beyond ten minutes it is no measurement


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) and value.isascii() else value


def _is_a_time(value: str | float) -> str | float:
    if isinstance(value, str):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("is not a time") from None
    return value


def _is_a_measurement(value: float) -> float:
    if not 0 <= value <= LARGEST:  # NaN is not either
        raise ValueError("is not a measurement")
    return value


class Data(Body):
    value: Annotated[float, AfterValidator(_is_a_measurement)]
    rating: Literal["good", "needs-improvement", "poor"]


class Measurement(Body):
    metric: Annotated[Literal["cls", "inp", "lcp"], BeforeValidator(_lower)]
    data: Data
    url: Annotated[str, Field(min_length=1, max_length=8192), CLEAN]
    userAgent: Annotated[str, Field(max_length=512), CLEAN] = ""
    timestamp: Annotated[str | float, AfterValidator(_is_a_time)]
