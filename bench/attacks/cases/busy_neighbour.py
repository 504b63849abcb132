"""A control: no attack, but another program that keeps both cores busy at a low priority.

Shows how much of the other cases' delay is only the load generator's share of the machine.
"""

import asyncio
import sys
from collections import Counter

from bench.attacks.target import Target

WHAT = "Control: two programs that only compute, and send nothing to the server"
PROGRAMS = 2


async def attack(target: Target) -> Counter[str]:
    program = f"import time\nend = time.monotonic() + {target.seconds}\n"
    program += "while time.monotonic() < end:\n    sum(range(10_000))"
    programs = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(PROGRAMS)
    ]
    for each in programs:
        await each.wait()
    return Counter(programs=PROGRAMS)
