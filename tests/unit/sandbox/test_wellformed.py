import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gatewright.domain.command import Command
from gatewright.domain.errors import InputError
from gatewright.workspace.sandbox.wellformed import require_wellformed

TEXTS = st.text(alphabet=st.characters(exclude_categories=())) | st.sampled_from(["", "a=b", "\0"])


def startable(command: Command) -> bool:
    """Whether the system calls could carry it, as the standard library judges."""
    try:
        encoded = [
            os.fsencode(text) for text in (*command.argv, *command.env, *command.env.values())
        ]
    except UnicodeEncodeError:
        return False
    names = [name for name in command.env if not name or "=" in name]
    return bool(command.argv and command.argv[0]) and not names and b"\0" not in b"".join(encoded)


@given(st.lists(TEXTS, max_size=3), st.dictionaries(TEXTS, TEXTS, max_size=2))
def test_what_passes_can_be_started(argv: list[str], env: dict[str, str]) -> None:
    command = Command(argv=tuple(argv), cwd=Path("/"), timeout_s=1, env=env)
    try:
        require_wellformed(command)
        passed = True
    except InputError:
        passed = False
    assert passed == startable(command)
