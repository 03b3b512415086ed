"""Which files a model is shown, and how many are opened for that."""

from agents import implementer
from agents.brief import Brief
from agents.code_reviewer import review_code
from agents.plan_reviewer import review_plan
from agents.planner import plan_task
from agents.room import Room
from agents.verdict import Verdict
from gatewright.domain.findings import Finding
from gatewright.domain.plan import Plan, Step
from gatewright.domain.ports import SourceFile
from gatewright.domain.task import Site
from nodes.sources import MOST_READ, MOST_UNNAMED, NEAR, SMALL_REPOSITORY, brief
from tests.support.windowed import WindowedModel
from tests.unit.nodes.desk_support import Ports, Shelf, desk

SHOP = {
    "README.md": "A shop.",
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.tax import rate\n\nclass Cart: ...\n",
    "shop/ledger.py": "def close(book): ...\n",
    "shop/tax.py": "def rate(): ...\n",
    "tests/test_cart.py": "from shop.cart import Cart\n",
}


async def told(shelf: Shelf, *, room: Room | None = None, about: str = "", **task: object) -> Brief:
    return await brief(desk(Ports(workspace=shelf), **task), "c", room=room, about=about)


async def shown(shelf: Shelf, **task: object) -> list[str]:
    return [source.path for source in (await told(shelf, **task)).sources]


async def test_a_small_repository_is_shown_whole_code_first_and_tests_last() -> None:
    shelf = Shelf({"NOTES.md": "n", "pkg/a.py": "a", "tests/test_a.py": "t"})
    assert await shown(shelf) == ["pkg/a.py", "NOTES.md", "tests/test_a.py"]


async def test_what_is_named_and_is_no_file_of_the_repository_is_not_looked_for() -> None:
    shelf = Shelf({"pkg/a.py": "a", "pkg/b.py": "b"})
    named = ["../../etc/passwd", "/etc/passwd", ".git/config", "pkg/b.py"]
    said = await told(shelf, context_files=named)
    assert [source.path for source in said.sources] == ["pkg/b.py"]
    assert said.absent == named[:3]
    assert set(shelf.reads) <= set(shelf.contents)


async def test_what_the_acceptance_tests_import_comes_first() -> None:
    said = await told(Shelf(SHOP), gate={"pytest": ["tests/test_cart.py::test_total"]})
    assert [source.path for source in said.sources][:2] == ["tests/test_cart.py", "shop/cart.py"]
    assert said.others == {path for path in SHOP if path != "tests/test_cart.py"}


async def test_what_is_named_goes_with_what_it_imports() -> None:
    said = await told(Shelf(SHOP), context_files=["shop/cart.py"])
    assert [source.path for source in said.sources] == ["shop/cart.py", "shop/tax.py"]
    assert said.others == {"shop/tax.py"}
    assert said.outlines == {"shop/ledger.py": ("def close(book)",)}


async def test_the_words_of_the_task_and_of_the_step_say_what_is_relevant() -> None:
    shelf = Shelf(SHOP)
    assert (await told(shelf, goal="Close the ledger")).paths[0] == "shop/ledger.py"
    assert (await told(shelf, about="Mend the tax rates")).paths[0] == "shop/tax.py"
    assert sorted((await told(shelf)).paths) == sorted(SHOP)


async def test_findings_name_files_and_bring_words() -> None:
    finding = Finding(check="mypy", message="in Ledger", file="shop/tax.py", line=1)
    said = await brief(desk(Ports(workspace=Shelf(SHOP))), "c", findings=[finding])
    assert (said.sources[0].path, said.findings) == ("shop/tax.py", [finding])
    assert "ledger" in said.about


async def test_of_a_huge_repository_few_files_are_opened() -> None:
    shelf = Shelf({f"pkg/m{number:05}.py": "x" * SMALL_REPOSITORY for number in range(5000)})
    assert len(await shown(shelf)) == 2
    assert len(shelf.reads) <= 100
    shelf = Shelf({f"pkg/m{number:05}.py": "" for number in range(5000)})
    await shown(shelf)
    assert len(shelf.reads) == MOST_UNNAMED


async def test_no_more_is_read_than_a_map_and_the_room_can_hold() -> None:
    module = "".join(f"def function_{number}(): ...\n" for number in range(100))
    shelf = Shelf({f"pkg/m{number:05}.py": module for number in range(1000)})
    said = await told(shelf, room=Room(8192, 2048))
    assert sum(len(source.text) for source in said.sources) < 8192 * 3 / 2
    assert 3 < len(said.outlines) < 16
    assert len(shelf.reads) < 25


async def test_what_is_next_to_a_named_file_is_little() -> None:
    imports = "".join(f"import pkg.m{number}\n" for number in range(50))
    files = {f"pkg/m{number}.py": "x = 1\n" * 500 for number in range(50)}
    said = await told(Shelf({"pkg/a.py": imports, **files}), context_files=["pkg/a.py"])
    assert 3 <= len(said.others) <= NEAR * 3 / 3000


async def test_very_long_named_files_are_read_until_it_is_too_much() -> None:
    files = {f"a{number:02}.txt": "x" * MOST_READ for number in range(40)}
    shelf = Shelf(files)
    said = await told(shelf, context_files=sorted(files))
    assert len(said.sources) < 40
    assert [*(file.path for file in said.sources), *said.unread] == sorted(files)


async def test_a_named_file_that_is_no_text_is_told() -> None:
    class Binary(Shelf):
        async def read(self, site: Site, commit: str, path: str) -> SourceFile | None:
            return None if path == "logo.png" else await super().read(site, commit, path)

    said = await told(Binary({"a.py": "", "logo.png": ""}), context_files=["logo.png", "a.py"])
    assert (said.unread, [file.path for file in said.sources]) == (["logo.png"], ["a.py"])


MODULE = "".join(
    f"def function_{number}(first: int, second: str) -> int:\n    return first + {number}\n\n\n"
    for number in range(300)
)
BIG = {f"pkg/m{number:03}.py": MODULE for number in range(90)}
"""2 MB."""
STEP = Step(title="Mend paging", what="The last page is missing.", files=("pkg/m050.py",))
FINDING = Finding(check="pytest", message="E  pkg/m050.py:900: 3 pages", file="pkg/m051.py")


async def test_no_role_is_told_more_than_a_small_window_holds_of_a_large_repository() -> None:
    at = desk(Ports(workspace=Shelf(BIG)), goal="Mend paging", context_files=["pkg/m007.py"])
    verdict = Verdict(verdict="approved", why="Right.")
    model = WindowedModel(8192, [Plan(why="w", steps=(STEP,)), verdict, verdict, "text"])
    room = model.room
    first = await brief(at, "c", room=room)
    plan = (await plan_task(model, first, room=room)).answer
    named = await brief(at, "c", named=STEP.files, findings=[FINDING], room=room, about=STEP.what)
    await review_plan(model, named, plan, room=room)
    await review_code(model, named, STEP, "+x = 1\n" * 50_000, room=room)
    asked = await implementer.ask_for(model, named, STEP, "whole", room=room)
    await implementer.write(model, asked.messages, asked.fmt, room=room)
    assert len(model.sizes) == 4
    assert min(model.sizes) > 3000
    said = asked.messages[1].content
    assert all(part in said for part in ("# File pkg/m050.py, in part", "function_224", "3 pages"))
