"""A pool of daemon threads that takes the most urgent task whose lane has room.

A lane is one service in one region of one account: bounded, so that no service is flooded. Details go before further
pages, so that memory stays flat: a page is asked for only when nothing else waits.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable

Task = Callable[[], None]


class Pool:
    """Runs tasks that may submit further tasks, until none is left.

    `limit` is the longest that one task may take, in seconds: beyond it its thread is given up and `overdue` is called
    with the task's lane and label, once.
    """

    def __init__(self, threads: int, per_lane: int, limit: float) -> None:
        self._threads = threads
        self._per_lane = per_lane
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: dict[Hashable, list[tuple[int, int, Task, Task]]] = defaultdict(list)
        self._ready: list[tuple[int, int, Hashable]] = []
        self._order = itertools.count()
        self._running: dict[int, tuple[float, Hashable, Task]] = {}
        self._busy: dict[Hashable, int] = defaultdict(int)
        self._given_up: set[int] = set()
        self._error: BaseException | None = None
        self._stopping = False
        self._ids = itertools.count()

    def submit(self, lane: Hashable, urgency: int, task: Task, overdue: Task) -> None:
        """Queue a task; the lowest urgency number goes first. `overdue` is called instead where it never returns.

        A pool that was stopped takes none.
        """
        with self._changed:
            if self._stopping:
                return
            heapq.heappush(self._waiting[lane], (urgency, next(self._order), task, overdue))
            self._offer(lane)
            self._changed.notify()

    def run(self, tick: Callable[[], None], seconds: float = 0.2) -> None:
        """Work until nothing is left, calling `tick` now and then in this thread. Raises what a task raised."""
        for _ in range(self._threads):
            self._spawn()
        try:
            with self._changed:
                while (self._waiting or self._running) and self._error is None:
                    self._changed.wait(seconds)
                    self._changed.release()
                    try:
                        tick()
                    finally:
                        self._changed.acquire()
                    self._give_up_overdue()
        finally:
            self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Take no further task; those that run are left to end by themselves."""
        with self._changed:
            self._stopping = True
            self._waiting.clear()
            self._ready.clear()
            self._changed.notify_all()

    def _spawn(self) -> None:
        threading.Thread(target=self._work, args=(next(self._ids),), daemon=True).start()

    def _give_up_overdue(self) -> None:
        now = time.monotonic()
        late = [(worker, *task) for worker, task in self._running.items() if now - task[0] > self._limit]
        for worker, _, lane, _ in late:
            del self._running[worker]
            self._finished(lane)
            self._given_up.add(worker)
            self._spawn()
        self._changed.release()
        try:
            for _, _, _, overdue in late:
                overdue()
        finally:
            self._changed.acquire()

    def _offer(self, lane: Hashable) -> None:
        """Put a lane that has a task and room among those to take from, as urgent as its first task is now; entries
        made before are passed over.
        """
        queue = self._waiting.get(lane)
        if queue and self._busy[lane] < self._per_lane:
            heapq.heappush(self._ready, (queue[0][0], queue[0][1], lane))

    def _next(self) -> tuple[Hashable, Task, Task] | None:
        """The most urgent task whose lane has room; None where there is none."""
        while self._ready:
            urgency, order, lane = heapq.heappop(self._ready)
            queue = self._waiting.get(lane)
            if not queue or self._busy[lane] >= self._per_lane or (urgency, order) != queue[0][:2]:
                continue
            _, _, task, overdue = heapq.heappop(queue)
            self._busy[lane] += 1
            if not queue:
                del self._waiting[lane]
            self._offer(lane)
            return lane, task, overdue
        return None

    def _finished(self, lane: Hashable) -> None:
        self._busy[lane] -= 1
        self._offer(lane)

    def _work(self, worker: int) -> None:
        while True:
            with self._changed:
                while (taken := self._next()) is None:
                    if self._stopping:
                        return
                    self._changed.wait()
                lane, task, overdue = taken
                self._running[worker] = (time.monotonic(), lane, overdue)
            error: BaseException | None = None
            try:
                task()
            except BaseException as raised:  # noqa: BLE001 - handed to the thread that runs the pool, which raises it
                error = raised
            with self._changed:
                if worker in self._given_up:
                    return
                del self._running[worker]
                self._finished(lane)
                self._error = self._error or error
                self._changed.notify_all()
