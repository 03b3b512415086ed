"""A process that takes from the purse until nothing is left, and prints how often it could.

`python -m tests.unit.storage.spender FILE NAME`
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from gatewright.domain.errors import BudgetExhausted
from gatewright.storage.database import open_database
from gatewright.storage.purse import SqlPurse


async def spend(file: Path, name: str) -> int:
    async with open_database(file) as connection:
        purse = SqlPurse(connection, day_usd=None, month_usd=1.0)
        for number in count():
            try:
                await purse.reserve(f"{name}:{number}", name, 0.025)
            except BudgetExhausted:
                return number
    raise AssertionError


if __name__ == "__main__":
    print(asyncio.run(spend(Path(sys.argv[1]), sys.argv[2])))
