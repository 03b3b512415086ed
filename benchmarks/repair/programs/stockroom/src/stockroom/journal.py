"""What happened, and taking it back."""

from copy import deepcopy

from stockroom.errors import Invalid, Unknown


class Journal:
    """Values by key with undo, redo, and transactions within transactions."""

    def __init__(self, values=None):
        self._values = dict(values or {})
        self._undo = []
        self._redo = []
        self._open = []

    def __getitem__(self, key):
        if key not in self._values:
            raise Unknown(f"nothing under {key!r}", subject=key)
        return self._values[key]

    def __contains__(self, key):
        return key in self._values

    def get(self, key, default=None):
        return self._values.get(key, default)

    def keys(self):
        return sorted(self._values)

    def set(self, key, value):
        self._record([(key, self._values.get(key), key in self._values)])
        self._values[key] = value

    def delete(self, key):
        old = self[key]
        self._record([(key, old, True)])
        del self._values[key]

    def _record(self, changes):
        self._redo.clear()
        if self._open:
            self._open[-1].extend(changes)
        else:
            self._undo.append(changes)

    def begin(self):
        self._open.append([])

    def commit(self):
        """End the innermost transaction; its changes count as one step."""
        if not self._open:
            raise Invalid("nothing was begun")
        changes = self._open.pop()
        if not changes:
            return
        if self._open:
            self._open[-1].extend(changes)
        else:
            self._undo.append(changes)

    def rollback(self):
        """End the innermost transaction as if it had not been."""
        if not self._open:
            raise Invalid("nothing was begun")
        self._revert(self._open.pop())

    def undo(self):
        """Take back the last step; whether there was one."""
        if self._open:
            raise Invalid("a transaction is open")
        if not self._undo:
            return False
        self._redo.append(self._revert(self._undo.pop()))
        return True

    def redo(self):
        if not self._redo:
            return False
        self._undo.append(self._revert(self._redo.pop()))
        return True

    def _revert(self, changes):
        """Undo changes, the last first; what would undo that."""
        opposite = []
        for key, old, was_there in reversed(changes):
            opposite.append((key, self._values.get(key), key in self._values))
            if was_there:
                self._values[key] = old
            else:
                self._values.pop(key, None)
        return opposite

    def snapshot(self):
        """A copy that later changes do not reach."""
        return deepcopy(self._values)

    def difference(self, snapshot):
        """(added, removed, changed) keys since a snapshot, sorted."""
        added = sorted(key for key in self._values if key not in snapshot)
        removed = sorted(key for key in snapshot if key not in self._values)
        changed = sorted(
            key for key in snapshot if key in self._values and self._values[key] != snapshot[key]
        )
        return added, removed, changed
