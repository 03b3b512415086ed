"""LangChain's callbacks by the shortest way, where only our handler listens.

Its managers send every event through two functions more, which on an event loop look at the
handler's signature, gather the handlers that there are not, and end every runnable in a task of its
own, lest a cancellation cut short a handler that awaits. Ours never awaits. So while runs are under
way, `configure` of both managers, where every graph and chain gets its own from, makes one that
calls the handler, and whose children do. Beside any other handler LangChain's own way is gone, from
there on down; and when the last run has ended, its classes are as they were.
"""

import os
import threading
from typing import Any
from uuid import UUID

from langchain_core.callbacks import (
    AsyncCallbackManager,
    AsyncCallbackManagerForChainRun,
    BaseCallbackHandler,
    BaseCallbackManager,
    CallbackManager,
    CallbackManagerForChainRun,
)
from langchain_core.callbacks.manager import BaseRunManager
from langchain_core.utils.uuid import uuid7

from gatewright.telemetry.handler import RunHandler

_NAME = "configure"


class DirectManager(CallbackManager):
    """Begins runnables in plain code."""

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: dict[str, Any] | Any,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> CallbackManagerForChainRun:
        """One begins."""
        handler = _only(self.handlers)
        if handler is None:
            return super().on_chain_start(serialized, inputs, run_id, **kwargs)
        if run_id is None:
            run_id = uuid7()
        handler.on_chain_start(
            serialized or {},
            inputs,
            run_id=run_id,
            parent_run_id=self.parent_run_id,
            tags=self.tags,
            metadata=self.metadata,
            **kwargs,
        )
        return DirectRun(run_id=run_id, **_shared(self))


class AsyncDirectManager(AsyncCallbackManager):
    """Begins runnables on an event loop."""

    async def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: dict[str, Any] | Any,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> AsyncCallbackManagerForChainRun:
        """One begins."""
        handler = _only(self.handlers)
        if handler is None:
            return await super().on_chain_start(serialized, inputs, run_id, **kwargs)
        if run_id is None:
            run_id = uuid7()
        handler.on_chain_start(
            serialized or {},
            inputs,
            run_id=run_id,
            parent_run_id=self.parent_run_id,
            tags=self.tags,
            metadata=self.metadata,
            **kwargs,
        )
        return AsyncDirectRun(run_id=run_id, **_shared(self))


class DirectRun(CallbackManagerForChainRun):
    """A runnable under way in plain code."""

    def get_child(self, tag: str | None = None) -> CallbackManager:
        """For what it runs."""
        if _only(self.inheritable_handlers) is None or tag in self.inheritable_tags:
            return super().get_child(tag)
        return DirectManager(**_inherited(self, tag))

    def on_chain_end(self, outputs: dict[str, Any] | Any, **kwargs: Any) -> None:
        """It ended well."""
        handler = _only(self.handlers)
        if handler is None:
            super().on_chain_end(outputs, **kwargs)
        else:
            handler.on_chain_end(outputs, run_id=self.run_id)

    def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """It raised."""
        handler = _only(self.handlers)
        if handler is None:
            super().on_chain_error(error, **kwargs)
        else:
            handler.on_chain_error(error, run_id=self.run_id)


class AsyncDirectRun(AsyncCallbackManagerForChainRun):
    """A runnable under way on an event loop."""

    def get_child(self, tag: str | None = None) -> AsyncCallbackManager:
        """For what it runs."""
        if _only(self.inheritable_handlers) is None or tag in self.inheritable_tags:
            return super().get_child(tag)
        return AsyncDirectManager(**_inherited(self, tag))

    async def on_chain_end(self, outputs: dict[str, Any] | Any, **kwargs: Any) -> None:
        """It ended well."""
        handler = _only(self.handlers)
        if handler is None:
            await super().on_chain_end(outputs, **kwargs)
        else:
            handler.on_chain_end(outputs, run_id=self.run_id)

    async def on_chain_error(self, error: BaseException, **kwargs: Any) -> None:
        """It raised."""
        handler = _only(self.handlers)
        if handler is None:
            await super().on_chain_error(error, **kwargs)
        else:
            handler.on_chain_error(error, run_id=self.run_id)


def _shared(manager: BaseCallbackManager) -> dict[str, Any]:
    """What a run has of the manager that began it."""
    return {
        "handlers": manager.handlers,
        "inheritable_handlers": manager.inheritable_handlers,
        "parent_run_id": manager.parent_run_id,
        "tags": manager.tags,
        "inheritable_tags": manager.inheritable_tags,
        "metadata": manager.metadata,
        "inheritable_metadata": manager.inheritable_metadata,
    }


def _inherited(run: BaseRunManager, tag: str | None) -> dict[str, Any]:
    """What a run hands down to a manager."""
    handlers, tags = run.inheritable_handlers, run.inheritable_tags
    return {
        "handlers": [*handlers],
        "inheritable_handlers": [*handlers],
        "parent_run_id": run.run_id,
        "tags": [*tags] if tag is None else [*tags, tag],
        "inheritable_tags": [*tags],
        "metadata": {**run.inheritable_metadata},
        "inheritable_metadata": {**run.inheritable_metadata},
    }


def _only(handlers: list[BaseCallbackHandler]) -> RunHandler | None:
    """Ours, if there is no other."""
    if len(handlers) == 1:
        [handler] = handlers
        if type(handler) is RunHandler:
            return handler
    return None


class _Shortcut:
    """Stands before the `configure` of one of LangChain's managers while somebody uses it."""

    def __init__(self, theirs: type[BaseCallbackManager], ours: type[BaseCallbackManager]) -> None:
        self._theirs = theirs
        self._ours = ours
        self._uses = 0
        self._before: Any = None
        self._standing: Any = None
        self._lock = threading.RLock()

    def enter(self) -> None:
        """A run begins; to be followed by `leave`."""
        with self._lock:
            self._uses += 1
            if self._uses == 1 and not self._in_place:
                self._install()

    def leave(self) -> None:
        """That run has ended."""
        with self._lock:
            if not self._uses:
                return  # begun before a fork
            self._uses -= 1
            # Who stands before us by now would be thrown out; we pass everything through.
            if not self._uses and self._in_place:
                setattr(self._theirs, _NAME, self._before)

    def forget(self) -> None:
        """In a forked child: its parent's runs are not under way here."""
        self._lock = threading.RLock()
        if self._uses:
            self._uses = 1
            self.leave()

    @property
    def _in_place(self) -> bool:
        standing = self._standing
        return standing is not None and self._theirs.__dict__.get(_NAME) is standing

    def _install(self) -> None:
        before = self._theirs.__dict__.get(_NAME)
        if before is None:
            return  # a LangChain that we do not know: its own way works as well
        self._before = before
        theirs, ours = self._theirs, self._ours

        def configure(cls: type[BaseCallbackManager], *args: Any, **kwargs: Any) -> Any:
            made = before.__get__(None, cls)(*args, **kwargs)
            if self._uses and type(made) is theirs and _only(made.handlers):
                made.__class__ = ours
            return made

        self._standing = classmethod(configure)
        setattr(theirs, _NAME, self._standing)


_SHORTCUTS = (
    _Shortcut(CallbackManager, DirectManager),
    _Shortcut(AsyncCallbackManager, AsyncDirectManager),
)


def enter() -> None:
    """A run begins; to be followed by `leave`. Any thread may call both."""
    for shortcut in _SHORTCUTS:
        shortcut.enter()


def leave() -> None:
    """That run has ended."""
    for shortcut in _SHORTCUTS:
        shortcut.leave()


def _forget() -> None:
    for shortcut in _SHORTCUTS:
        shortcut.forget()


os.register_at_fork(after_in_child=_forget)
