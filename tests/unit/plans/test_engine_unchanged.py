"""Steps that have nothing to do, because their files are as they were."""

import os
from pathlib import Path

import pytest

from gatewright.plans.documents.document import PlanFile, PlanStep, Variable
from gatewright.plans.engine.globs import files_of
from gatewright.plans.engine.unchanged import has_all, key_of
from gatewright.plans.variables.bound import Call
from tests.unit.plans.engine_scene import MemoryStore, Scene, plan_of, sh


def build(code: str = "cat in.txt > out.txt", **more: object) -> PlanStep:
    return sh("build", code, **({"inputs": ("*.txt",), "outputs": ("out.txt",)} | more))


async def rerun(scene: Scene, first: PlanFile, second: PlanFile | None = None) -> bool:
    """Whether a second run found the step unchanged."""
    scene.store = scene.store or MemoryStore()
    assert (await scene.run(first)).status == "succeeded"
    again = scene.moved(scene.folder / "again")
    finished = await again.run(second or first)
    assert finished.status == "succeeded"
    return finished.results["build"].unchanged


@pytest.fixture
def scene_with_input(scene: Scene) -> Scene:
    (scene.here / "in.txt").write_text("one")
    (scene.here / "out.txt").write_text("one")
    return scene


async def test_a_step_whose_inputs_are_as_they_were_is_not_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    assert await rerun(scene, plan_of(build()))


async def test_what_is_unchanged_is_told_as_a_success_without_an_attempt(
    scene_with_input: Scene,
) -> None:
    scene = scene_with_input
    scene.store = MemoryStore()
    await scene.run(plan_of(build()))
    again = scene.moved(scene.folder / "again")
    await again.run(plan_of(build()))
    assert again.of("step_started") == []
    [ended] = again.of("step_ended")
    assert (ended.status, ended.attempt, ended.unchanged) == ("succeeded", None, True)
    assert ended.key == scene.of("step_ended")[0].key


async def test_a_step_whose_input_has_changed_is_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    scene.listeners.append(lambda event: (scene.here / "in.txt").write_text(event.kind))
    assert not await rerun(scene, plan_of(build()))


async def test_a_step_whose_output_is_gone_is_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    plan = plan_of(build("rm -f other.out", outputs=("other.out",)))
    assert not await rerun(scene, plan)


async def test_a_step_whose_command_has_changed_is_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    second = plan_of(build("cat in.txt > out.txt; true"))
    assert not await rerun(scene, plan_of(build()), second)


async def test_a_step_whose_environment_has_changed_is_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    assert not await rerun(scene, plan_of(build()), plan_of(build(), env={"MODE": "fast"}))


async def test_a_step_that_has_never_succeeded_is_run_again(scene_with_input: Scene) -> None:
    scene = scene_with_input
    scene.store = MemoryStore()
    await scene.run(plan_of(build("exit 1")))
    again = scene.moved(scene.folder / "again")
    finished = await again.run(plan_of(build("exit 1")))
    assert finished.status == "failed"
    assert len(again.of("step_started")) == 1


async def test_a_step_whose_output_others_read_is_run(scene_with_input: Scene) -> None:
    scene = scene_with_input
    plan = plan_of(build("echo done"), sh("b", "echo ${steps.build.stdout}", "build"))
    assert not await rerun(scene, plan)


def call(**more: object) -> Call:
    values = {"argv": ("x",), "env": {}, "cwd": None, "inputs": ("*",), "outputs": ()}
    return Call(**(values | more))  # type: ignore[arg-type]


def key(folder: Path, made: Call) -> str | None:
    return key_of(made, folder=str(folder), mask=lambda text: text)


def test_a_renamed_input_is_a_change(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = key(tmp_path, call())
    (tmp_path / "a").rename(tmp_path / "b")
    assert key(tmp_path, call()) != before


def test_a_secret_is_no_part_of_the_key(tmp_path: Path) -> None:
    keys = {
        key_of(call(argv=(word,)), folder=str(tmp_path), mask=lambda text: "***")
        for word in ("one", "two")
    }
    assert len(keys) == 1


def test_a_pipe_among_the_inputs_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert key(tmp_path, call()) is not None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.py", ["a.py"]),
        ("*.py", ["a.py"]),
        ("**/*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/**", ["src/b.py", "src/deep/c.py", "src/deep/d.txt"]),
        ("src", ["src/b.py", "src/deep/c.py", "src/deep/d.txt"]),
        ("src/**/?.txt", ["src/deep/d.txt"]),
        ("src/deep/[cx].*", ["src/deep/c.py"]),
        ("src/deep/[!c].*", ["src/deep/d.txt"]),
        ("./src/b.py", ["src/b.py"]),
        ("src/../a.py", ["src/../a.py"]),
        ("none/*", []),
        ("[", []),
    ],
)
def test_globs(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    (tmp_path / "src" / "deep").mkdir(parents=True)
    for name in ("a.py", "src/b.py", "src/deep/c.py", "src/deep/d.txt"):
        (tmp_path / name).write_text(name)
    assert files_of(pattern, folder=str(tmp_path)) == expected


def test_an_absolute_glob(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    assert files_of(f"{tmp_path}/*.py", folder="/nowhere") == [f"{tmp_path}/a.py"]


def test_links_in_a_circle_are_not_walked(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(".")
    (tmp_path / "two").symlink_to(".")
    (tmp_path / "a").write_text("")
    assert files_of("**/*", folder=str(tmp_path)) == ["a"]


def test_outputs_are_all_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "a.o").write_text("")
    assert has_all(("*.o",), folder=str(tmp_path))
    assert not has_all(("*.o", "*.so"), folder=str(tmp_path))


async def test_a_secret_in_the_command_is_not_in_what_is_told(scene_with_input: Scene) -> None:
    scene = scene_with_input
    plan = plan_of(build('test -n "${WORD}"'), variables={"WORD": Variable(secret=True)})
    await scene.run(plan, given={"WORD": "hunter2hunter2"})
    assert "hunter2hunter2" not in str(scene.told)


async def test_after_an_attempt_that_failed_an_earlier_success_is_worth_nothing(
    scene_with_input: Scene,
) -> None:
    """Its outputs may be half written."""
    scene = scene_with_input
    scene.store = MemoryStore()
    plan = plan_of(build("echo half > out.txt; test -e allowed", inputs=("in.txt",)))
    (scene.here / "allowed").touch()
    await scene.run(plan)
    (scene.here / "in.txt").write_text("two")
    (scene.here / "allowed").unlink()
    await scene.moved(scene.folder / "failing").run(plan)
    (scene.here / "in.txt").write_text("one")
    (scene.here / "allowed").touch()
    finished = await scene.moved(scene.folder / "again").run(plan)
    assert not finished.results["build"].unchanged
