"""The people of the tests, and the app as they meet it: in process, on a real database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import falcon.testing

from api.app import Parts, create_app
from api.database import connect

ADA = "ada@example.org"  # an author
ROB = "rob@example.org"  # another author, who must never reach what is Ada's
OLGA = "olga@example.org"  # an operator
ORGANIZERS = "organizers@example.org"  # who is asked

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


class Browser(falcon.testing.TestClient):
    """One that keeps its session's cookie."""

    def __init__(self, app: Any, cookie: str, next: str) -> None:
        super().__init__(app, headers={"Cookie": cookie})
        self.cookie, self.next = cookie, next

    def submit(self, path: str, fields: Mapping[str, str]) -> falcon.testing.Result:
        """Submit a form of this site."""
        return self.simulate_post(path, body=urlencode(fields), headers={**FORM, "Cookie": self.cookie})


@dataclass
class Stage:
    """The app and its database. `client()` is a new browser, `signed_in(email)` one with a session."""

    parts: Parts
    app: Any

    @classmethod
    def of(cls, parts: Parts) -> "Stage":
        return cls(parts, create_app(parts))

    def client(self) -> falcon.testing.TestClient:
        return falcon.testing.TestClient(self.app)

    def signed_in(self, email: str) -> "Browser":
        answer = self.client().simulate_post("/api/auth/magic-link/request", json={"email": email})
        assert answer.json == {"ok": True}
        return self.signed_in_by(self.last_token(email))

    def signed_in_by(self, token: str) -> "Browser":
        """The browser in which a link was opened; `next` is where it led."""
        answer = self.client().simulate_post("/api/auth/magic-link/verify", json={"token": token})
        assert answer.status_code == 200, answer.text
        return Browser(self.app, f"session={answer.cookies['session'].value}", answer.json["next"])

    def last_mail(self, email: str) -> dict[str, Any]:
        with connect(self.parts.config.database_url) as connection:
            row = connection.execute(
                "SELECT payload FROM job WHERE kind = 'mail' AND payload ->> 'to' = %s ORDER BY id DESC LIMIT 1",
                [email],
            ).fetchone()
        assert row is not None
        payload: dict[str, Any] = row[0]
        return payload

    def last_token(self, email: str) -> str:
        found = re.search(r"token=(\S+)", self.last_mail(email)["text"])
        assert found
        return found[1]

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with connect(self.parts.config.database_url) as connection:
            return connection.execute(statement, parameters).fetchall()  # type: ignore[arg-type]
