"""The built-in repair engine: failing tests pass by one or two small edits, without a model.

As a library, one call does it all; `run` is what runs a command in a sandbox
(`gatewright.workspace.sandbox.bubblewrap.Bubblewrap().run`), and `root` a copy of the repository
that the tests may write in::

    from gatewright.repair.engine import Problem, repair

    problem = Problem(
        root=copy,
        tests=("tests/test_account.py::test_overdraft",),  # () is the whole suite
        python=Path(".venv/bin/python"),
        readable=(Path(".venv"),),
        max_seconds=60,
        max_candidates=20_000,
    )
    found = await repair(problem, run, on_progress=print)

`found.changes` is the change, or None with the reason in `found.why`; `found.alternatives` are
other changes that pass, each with an input on which it parts from the answer. Nothing is written
to the repository: `gatewright.domain.edit.ChangeSet` is what the workspace applies.

The way through it: `inquiry` asks the sandbox (`inside`) what the tests come to, `localise` finds
suspicious lines, `mutate` and `families` make edits, `search` tries them, `choice` picks one.
"""
