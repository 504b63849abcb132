"""Two hundred people repeatedly sign in with the admin's form, all at the same time."""

from collections import Counter

from bench.attacks.sign_in_form import sign_in_by_form
from bench.attacks.target import Target, repeat

WHAT = "200 people sign in through the admin site"


async def attack(target: Target) -> Counter[str]:
    return await repeat(
        target, 200, lambda number: sign_in_by_form(target, "/admin/login/", "username", number)
    )
