import asyncio
import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gatewright.domain.ports import Runner
from tests.unit.sandbox.support import python, shell

PLACES = ("/", "/etc", "/usr", "/usr/bin", "/var", "/home", "/root", "/opt", "/srv", "/run", "/mnt")
SHARED = ("/tmp", "/var/tmp", "/dev/shm")


async def test_the_machine_cannot_be_written_to(confined: Runner, work: Path) -> None:
    traps = [Path(place, f"gatewright-test-{os.getpid()}") for place in (*PLACES, *SHARED)]
    await confined.run(shell(work, "".join(f"echo x > {trap}\n" for trap in traps)))
    written = [trap for trap in traps if trap.exists()]
    for trap in written:
        trap.unlink()
    assert written == []


async def test_what_bubblewrap_mounts_is_read_only(bubblewrap: Runner, work: Path) -> None:
    places = (*PLACES, "/dev", "/proc", "/proc/self", "/proc/sys/kernel", "/lib", "/bin")
    script = f"for place in {' '.join(places)}; do mkdir -p $place/new && echo $place; done"
    assert (await bubblewrap.run(shell(work, script))).stdout == ""


async def test_neighbours_of_the_working_directory(
    confined: Runner, tmp_path: Path, work: Path
) -> None:
    (tmp_path / "neighbour").write_text("before")
    await confined.run(
        shell(work, "echo x > ../neighbour; echo x > ../new; rm -f ../neighbour; mv ../work ../w2")
    )
    assert (work.is_dir(), (tmp_path / "new").exists()) == (True, False)
    assert (tmp_path / "neighbour").read_text() == "before"


async def test_a_link_out_of_the_working_directory(
    confined: Runner, tmp_path: Path, work: Path
) -> None:
    (tmp_path / "secret").write_text("planted")
    (work / "link").symlink_to(tmp_path / "secret")
    completed = await confined.run(shell(work, "cat link; echo x > link"))
    assert ("planted" in completed.stdout, (tmp_path / "secret").read_text()) == (False, "planted")


async def test_a_planted_secret_cannot_be_read(
    confined: Runner, tmp_path: Path, work: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("planted")
    completed = await confined.run(shell(work, f"cat {secret} /root/.profile /etc/shadow"))
    assert (completed.stdout, completed.returncode != 0) == ("", True)


async def test_a_readable_folder_is_not_writable(
    confined: Runner, tmp_path: Path, work: Path
) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "module.py").write_text("text")
    where = f"{tmp_path}/library"
    script = f"cat {where}/module.py; echo x > {where}/module.py || echo x > {where}/new || echo no"
    completed = await confined.run(shell(work, script, readable=(tmp_path / "library",)))
    assert completed.stdout == "textno\n"


async def test_the_environment_holds_nothing_of_ours(
    runner: Runner, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    completed = await runner.run(shell(work, "env", env={"ASKED_FOR": "a b=c"}))
    variables = dict(line.partition("=")[::2] for line in completed.stdout.splitlines())
    assert variables["ASKED_FOR"] == "a b=c"
    assert set(variables) - {"GATEWRIGHT_SANDBOX_TOKEN", "SHLVL", "_", "OLDPWD"} == {
        *("PATH", "HOME", "TMPDIR", "LANG", "PWD", "ASKED_FOR")
    }


async def test_our_own_environment_cannot_be_read(confined: Runner, work: Path) -> None:
    completed = await confined.run(
        shell(work, f"cat /proc/{os.getpid()}/environ; cat /proc/1/environ")
    )
    assert "PYTEST" not in completed.stdout


async def test_we_cannot_be_sent_signals(scoped: Runner, work: Path) -> None:
    completed = await scoped.run(shell(work, f"kill -0 {os.getpid()} && echo reached"))
    assert completed.stdout == ""


async def test_other_processes_are_not_seen(bubblewrap: Runner, work: Path) -> None:
    completed = await bubblewrap.run(shell(work, "ls -d /proc/[0-9]* | wc -l"))
    assert int(completed.stdout) < 8


CONNECT = """
import socket, sys
for family, address in {addresses!r}:
    try:
        s = socket.socket(family)
        s.settimeout(5)
        s.connect(address)
        print("reached", address)
    except OSError:
        pass
print("tried")
"""


async def test_tcp_on_loopback_is_not_reached(confined: Runner, work: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        addresses = [(int(socket.AF_INET), server.getsockname())]
        completed = await confined.run(python(work, CONNECT.format(addresses=addresses)))
    assert completed.stdout == "tried\n"


async def test_abstract_unix_sockets_are_not_reached(scoped: Runner, work: Path) -> None:
    name = f"\0gatewright-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        addresses = [(int(socket.AF_UNIX), name)]
        completed = await scoped.run(python(work, CONNECT.format(addresses=addresses)))
    assert completed.stdout == "tried\n"


async def test_unix_sockets_with_a_path_are_not_reached(
    bubblewrap: Runner, tmp_path: Path, work: Path
) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))
        server.listen()
        addresses = [(int(socket.AF_UNIX), str(path)[:100])]
        completed = await bubblewrap.run(python(work, CONNECT.format(addresses=addresses)))
    assert completed.stdout == "tried\n"


async def test_there_is_a_loopback_of_its_own(bubblewrap: Runner, work: Path) -> None:
    program = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("served")
"""
    completed = await bubblewrap.run(python(work, program))
    assert completed.stdout == "served\n"


async def test_the_git_folder_is_not_writable(bubblewrap: Runner, work: Path) -> None:
    (work / ".git" / "hooks").mkdir(parents=True)
    (work / ".git" / "config").write_text("[core]\n")
    await bubblewrap.run(
        shell(work, "echo x > .git/hooks/pre-commit; echo x >> .git/config; rm -rf .git; mv .git g")
    )
    assert (work / ".git" / "config").read_text() == "[core]\n"
    assert list((work / ".git" / "hooks").iterdir()) == []


async def test_the_git_file_of_a_worktree_is_not_writable(bubblewrap: Runner, work: Path) -> None:
    (work / ".git").write_text("gitdir: /elsewhere\n")
    await bubblewrap.run(
        shell(work, "echo gitdir: ./evil > .git; rm -f .git; mv .git g; ln -sf evil .git")
    )
    assert (work / ".git").read_text() == "gitdir: /elsewhere\n"


async def test_no_descriptor_of_ours_is_inherited(runner: Runner, work: Path) -> None:
    program = """
import os
for number in range(3, 1024):
    try:
        os.fstat(number)
    except OSError:
        continue
    print(number)
"""
    assert (await runner.run(python(work, program))).stdout == ""


async def test_there_are_no_capabilities(confined: Runner, work: Path) -> None:
    program = """
import ctypes
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[1] * 6)
ctypes.CDLL(None).capget(ctypes.byref(header), ctypes.byref(sets))
print(list(sets))
"""
    completed = await confined.run(python(work, program))
    assert json.loads(completed.stdout) == [0] * 6


async def test_set_user_id_programs_bring_nothing(confined: Runner, work: Path) -> None:
    program = "import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))"
    completed = await confined.run(python(work, program))
    assert completed.stdout == "1\n"


async def test_commands_do_not_see_each_others_homes(confined: Runner, work: Path) -> None:
    os.mkfifo(work / "path")
    os.mkfifo(work / "done")
    other = work.parent / "other"
    other.mkdir()

    async def spy() -> str:
        completed = await confined.run(
            replace(
                shell(other, f"read home < {work}/path; cat $home/secret; echo > {work}/done"),
                writable=(work,),
            )
        )
        return completed.stdout

    victim = shell(work, 'echo planted > "$HOME/secret"; echo "$HOME" > path; cat done')
    seen, _ = await asyncio.gather(spy(), confined.run(victim))
    assert seen == ""
