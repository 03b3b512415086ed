import asyncio
from pathlib import Path

import pytest
from pydantic import BaseModel

from gatewright.workspace.gate.baselines import Baselines


class Answer(BaseModel):
    value: int
    duration_s: float = 0.0


class Bank:
    """Baselines, and how often something had to be computed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.computed = 0

    async def get(self, *, keep: bool = True, **key: object) -> Answer:
        async def compute() -> Answer:
            self.computed += 1
            return Answer(value=self.computed, duration_s=9)

        return await Baselines(self.folder).get(
            key, Answer, compute=compute, keep=lambda answer: keep
        )


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path / "not" / "made" / "yet")


async def test_an_answer_is_computed_once(bank: Bank) -> None:
    assert [(await bank.get(a=1)).value, (await bank.get(a=1)).value] == [1, 1]


async def test_a_remembered_answer_took_no_time(bank: Bank) -> None:
    assert [(await bank.get(a=1)).duration_s, (await bank.get(a=1)).duration_s] == [9, 0]


async def test_another_key_is_another_answer(bank: Bank) -> None:
    assert [(await bank.get(a=1)).value, (await bank.get(a=2)).value] == [1, 2]


async def test_what_is_not_to_be_kept_is_computed_anew(bank: Bank) -> None:
    assert [(await bank.get(keep=False)).value, (await bank.get()).value] == [1, 2]


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\x00", b'{"value": "x"}', b"[]"])
async def test_a_damaged_file_counts_as_not_there(bank: Bank, data: bytes) -> None:
    await bank.get()
    (file,) = bank.folder.iterdir()
    file.write_bytes(data)
    assert [(await bank.get()).value, (await bank.get()).value] == [2, 2]


async def test_writers_at_once_leave_one_whole_file(bank: Bank) -> None:
    await asyncio.gather(*(bank.get() for _ in range(8)))
    (file,) = bank.folder.iterdir()
    assert Answer.model_validate_json(file.read_bytes()).value in range(1, 9)
