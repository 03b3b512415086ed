"""Parcels carried by couriers that run side by side."""

import asyncio
from dataclasses import dataclass, field


@dataclass
class Depot:
    """Hands parcels to so many couriers."""

    deliver: object
    """Async function of a parcel."""
    couriers: int = 2
    attempts: int = 3
    delivered: dict = field(default_factory=dict)
    failed: dict = field(default_factory=dict)

    async def run(self, parcels):
        """Deliver all; the number that arrived."""
        queue = asyncio.Queue()
        for parcel in parcels:
            queue.put_nowait((parcel, 1))
        workers = [asyncio.create_task(self._work(queue)) for _ in range(self.couriers)]
        await queue.join()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return len(self.delivered)

    async def _work(self, queue):
        while True:
            parcel, attempt = await queue.get()
            try:
                self.delivered[parcel] = await self.deliver(parcel)
            except ConnectionError as error:
                if attempt < self.attempts:
                    queue.put_nowait((parcel, attempt + 1))
                else:
                    self.failed[parcel] = str(error)
            finally:
                queue.task_done()


async def first_of(*tries):
    """The result of the first that succeeds; the others are cancelled. Raises: LookupError."""
    tasks = [asyncio.ensure_future(one) for one in tries]
    try:
        for done in asyncio.as_completed(tasks):
            try:
                return await done
            except ConnectionError:
                continue
        raise LookupError("nobody succeeded")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def collected(source, limit=None):
    """Items of an async iterator as a list, at most so many."""
    items = []
    if limit == 0:
        return items
    async for item in source:
        items.append(item)
        if limit is not None and len(items) >= limit:
            break
    return items


async def paced(items, gate):
    """Yield items, each after the gate was awaited."""
    for item in items:
        await gate()
        yield item
