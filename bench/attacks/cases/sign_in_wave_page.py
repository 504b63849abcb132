"""Two hundred people repeatedly sign in with the page's form, all at the same time."""

from collections import Counter

from bench.attacks.sign_in_form import sign_in_by_form
from bench.attacks.target import Target, repeat

WHAT = "200 people sign in through the page"


async def attack(target: Target) -> Counter[str]:
    return await repeat(
        target, 200, lambda number: sign_in_by_form(target, "/sign-in", "email", number)
    )
