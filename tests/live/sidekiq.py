"""Sidekiq as Debian has it, or as a gem that is installed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.live.product import PROGRAMS, LiveProduct, Missing, run

_ENQUEUE = "require ENV['JOBS']; Fail.perform_async(ENV['WORK']); Slow.perform_async(ENV['WORK'])"


class LiveSidekiq(LiveProduct):
    """The Sidekiq of the system."""

    name = "sidekiq"
    kind = "sidekiq"
    server = "redis_server"
    loses_runs = True

    def install(self, room: Path) -> None:
        if shutil.which("sidekiq") is None or shutil.which("ruby") is None:
            raise Missing("Sidekiq is not installed (Debian: apt-get install ruby-sidekiq)")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        settings = (f"REDIS_URL={url}", f"JOBS={PROGRAMS / 'live_jobs.rb'}", f"WORK={work}")
        run(["env", *settings, "ruby", "-e", _ENQUEUE], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return ["env", f"REDIS_URL={url}", "sidekiq", "-r", PROGRAMS / "live_jobs.rb", "-c", "2"]


PRODUCTS = (LiveSidekiq(),)
