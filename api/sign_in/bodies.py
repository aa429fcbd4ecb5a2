"""Shapes of requests."""

from typing import Annotated

from pydantic import Field

from api.wire import Body


class LinkRequest(Body):
    email: Annotated[str, Field(max_length=320)]
    next: Annotated[str, Field(max_length=500)] = "/profile/"


class LinkConsumption(Body):
    token: Annotated[str, Field(max_length=200)]
