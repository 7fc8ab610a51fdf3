"""Work that may outlast a request: the caller waits a moment, then asks again by its id."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Job(Generic[T]):
    """One piece of work in a thread of its own."""

    key: Hashable
    job_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    done: threading.Event = field(default_factory=threading.Event)
    result: T | None = None


class Jobs(Generic[T]):
    """The latest jobs of this process. Threads are daemons: no job delays the program's end."""

    def __init__(self, kept: int = 64) -> None:
        self._kept = kept
        self._jobs: OrderedDict[str, Job[T]] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, key: Hashable, work: Callable[[], T]) -> Job[T]:
        """Begin `work`, or join the running job of the same key. `work` must not raise."""
        with self._lock:
            for known in self._jobs.values():
                if known.key == key and not known.done.is_set():
                    return known
            job: Job[T] = Job(key)
            self._jobs[job.job_id] = job
            while len(self._jobs) > self._kept:
                self._jobs.popitem(last=False)

        def run() -> None:
            try:
                job.result = work()
            finally:
                job.done.set()

        threading.Thread(target=run, name=f"job-{job.job_id[:8]}", daemon=True).start()
        return job

    def find(self, job_id: str) -> Job[T] | None:
        """The job of that id; None when it is unknown (or long gone)."""
        with self._lock:
            return self._jobs.get(job_id)
