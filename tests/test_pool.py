"""The pool: lanes, urgency, tasks that submit tasks, errors, and tasks that never return."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from auditor.collectors.pool import Pool

SOON = 0.02


def nothing() -> None:
    pass


def never() -> None:
    pytest.fail("given up, though it returned")


def noting(done: list[str], name: str, seconds: float = 0.0) -> Callable[[], None]:
    def work() -> None:
        done.append(name)
        time.sleep(seconds)

    return work


def waiting(event: threading.Event, seconds: float = 5.0) -> Callable[[], None]:
    def work() -> None:
        event.wait(seconds)

    return work


class Gate:
    """Tasks that wait until they are let go, and who is inside."""

    def __init__(self) -> None:
        self.inside: list[str] = []
        self.most: dict[str, int] = {}
        self.open = threading.Event()
        self._lock = threading.Lock()

    def task(self, lane: str) -> Callable[[], None]:
        def work() -> None:
            with self._lock:
                self.inside.append(lane)
                self.most[lane] = max(self.most.get(lane, 0), self.inside.count(lane))
            self.open.wait(5)
            with self._lock:
                self.inside.remove(lane)

        return work


def test_a_lane_never_has_more_than_its_share_and_lanes_run_side_by_side() -> None:
    gate = Gate()
    pool = Pool(threads=8, per_lane=2, limit=30)
    for lane in ("a", "b"):
        for number in range(6):
            pool.submit(lane, -number, gate.task(lane), never)

    def tick() -> None:
        if len(gate.inside) == 4:
            gate.open.set()

    pool.run(tick, SOON)
    assert gate.most == {"a": 2, "b": 2}


def test_there_are_never_more_tasks_at_once_than_threads() -> None:
    gate = Gate()
    pool = Pool(threads=3, per_lane=10, limit=30)
    for _ in range(9):
        pool.submit("a", 0, gate.task("a"), never)

    def tick() -> None:
        if len(gate.inside) == 3:
            gate.open.set()

    pool.run(tick, SOON)
    assert gate.most == {"a": 3}


def test_the_most_urgent_goes_first_and_equals_in_the_order_of_their_coming() -> None:
    done: list[str] = []
    pool = Pool(threads=1, per_lane=1, limit=30)
    for urgency, name in ((1, "page 1"), (0, "detail 1"), (1, "page 2"), (0, "detail 2")):
        pool.submit("a", urgency, noting(done, name), never)
    pool.submit("b", 0, noting(done, "detail 3"), never)
    pool.run(nothing, SOON)
    assert done == ["detail 1", "detail 2", "detail 3", "page 1", "page 2"]


def test_tasks_may_submit_tasks_and_all_are_done_before_it_ends() -> None:
    done: list[int] = []
    pool = Pool(threads=4, per_lane=2, limit=30)

    def task(depth: int) -> None:
        done.append(depth)
        for _ in range(2 if depth < 6 else 0):
            pool.submit(depth % 3, depth, lambda: task(depth + 1), never)

    pool.submit("a", 0, lambda: task(0), never)
    pool.run(nothing, SOON)
    assert len(done) == 2**7 - 1


def test_nothing_to_do_ends_at_once() -> None:
    Pool(threads=2, per_lane=1, limit=30).run(lambda: pytest.fail("nothing to wait for"), SOON)


def test_what_a_task_raises_is_raised_and_nothing_further_begins() -> None:
    begun: list[str] = []
    pool = Pool(threads=1, per_lane=1, limit=30)

    def broken() -> None:
        raise LookupError("a bug")

    pool.submit("a", 0, broken, never)
    for number in range(50):
        pool.submit("a", 1, noting(begun, str(number), SOON), never)
    with pytest.raises(LookupError, match="a bug"):
        pool.run(nothing, SOON)
    assert len(begun) < 50


def test_a_task_that_does_not_return_is_given_up_once_and_the_others_are_done() -> None:
    forever = threading.Event()
    told: list[str] = []
    done: list[str] = []
    pool = Pool(threads=2, per_lane=2, limit=0.2)
    for name in ("first", "second"):
        pool.submit("a", 0, waiting(forever), noting(told, name))
    for number in range(20):
        pool.submit("a", 1, noting(done, str(number)), never)
    pool.run(nothing, SOON)
    forever.set()
    assert sorted(told) == ["first", "second"]
    assert len(done) == 20


def test_a_task_given_up_may_end_late_without_harm() -> None:
    release = threading.Event()
    pool = Pool(threads=1, per_lane=1, limit=0.1)
    done: list[str] = []

    def late() -> None:
        release.wait(5)
        raise LookupError("nobody listens any more")

    pool.submit("a", 0, late, release.set)
    for name in "xyz":
        pool.submit("a", 1, noting(done, name, SOON), never)
    pool.run(nothing, SOON)
    assert done == ["x", "y", "z"]


def test_giving_up_one_task_does_not_take_another_for_overdue() -> None:
    """While the first is told, the second ends and its thread takes a fresh task."""
    fresh, second = threading.Event(), threading.Event()
    told: list[str] = []
    pool = Pool(threads=2, per_lane=2, limit=0.15)

    def give_up_first() -> None:
        told.append("first")
        second.set()
        fresh.wait(2)

    pool.submit("a", 0, lambda: time.sleep(1), give_up_first)
    pool.submit("a", 0, waiting(second), noting(told, "second"))
    pool.submit("a", 1, fresh.set, noting(told, "fresh"))
    pool.run(nothing, SOON)
    assert "fresh" not in told


def test_what_tick_raises_stops_it() -> None:
    begun: list[str] = []
    pool = Pool(threads=1, per_lane=1, limit=30)
    for number in range(100):
        pool.submit("a", 0, noting(begun, str(number), SOON), never)

    def tick() -> None:
        if len(begun) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pool.run(tick, SOON)
    time.sleep(3 * SOON)
    assert len(begun) < 10
