"""Polls for browser tests, created over the API."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.browser.site import Account, Site


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll, and its creator's client of the API."""

    id: str
    join_code: str
    option_ids: list[str]
    creator: Account
    api: httpx.Client

    @property
    def path(self) -> str:
        return f"/p/{self.join_code}"

    def move(self, move: str) -> None:
        """``publish``, ``close`` or ``reopen``."""
        self.api.put(f"/polls/{self.id}/{move}").raise_for_status()

    def delete(self) -> None:
        self.api.delete(f"/polls/{self.id}").raise_for_status()

    def counts(self) -> list[int]:
        """The votes of each option, as the server has them."""
        results = self.api.get(f"/polls/{self.id}/results").raise_for_status().json()
        return [option["voteCount"] for option in results["poll"]["options"]]

    def vote(self, position: int) -> None:
        """Votes as a new guest, over the API."""
        self.answer({"optionId": self.option_ids[position]})

    def answer(self, *answers: dict[str, Any]) -> None:
        """Sends a ballot of a new guest, over the API."""
        guest = self.api.post("/auth/guest", json={}).raise_for_status().json()
        self.api.post(
            f"/polls/{self.id}/vote",
            json={"answers": list(answers)},
            headers={"Authorization": f"Bearer {guest['tokens']['accessToken']}"},
        ).raise_for_status()


@contextmanager
def asking(site: Site, creator: Account | None = None, **fields: Any) -> Iterator[Asked]:
    """Creates a poll, by default of a new creator, about tea or coffee."""
    body = {
        "question": "Tea or coffee?",
        "options": ["Tea", "Coffee", "Water"],
        "isPublished": True,
        **fields,
    }
    creator = creator or site.register()
    with site.api(creator) as api:
        poll = api.post("/polls", json=body).raise_for_status().json()["poll"]
        option_ids = [option["id"] for option in poll["options"]]
        yield Asked(poll["id"], poll["joinCode"], option_ids, creator, api)
