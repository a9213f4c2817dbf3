"""Sidekiq as Debian has it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.live.debian import list_environment, unpack_packages
from tests.live.product import PROGRAMS, LiveProduct, run

_ENQUEUE = "require ENV['JOBS']; Fail.perform_async(ENV['WORK']); Slow.perform_async(ENV['WORK'])"
_WORK = "load Gem.bin_path('sidekiq', 'sidekiq')"
_LIBRARIES = "usr/lib/ruby/vendor_ruby:usr/lib/*/ruby/vendor_ruby/*:usr/lib/ruby/[0-9]*:usr/lib/*/ruby/[0-9]*"
_GEMS = "usr/share/rubygems-integration/*:usr/lib/*/rubygems-integration/*:usr/lib/ruby/gems/*"


class LiveSidekiq(LiveProduct):
    """Sidekiq with Ruby, unpacked where they are not installed."""

    name = "sidekiq"
    kind = "sidekiq"
    server = "redis_server"
    loses_runs = True

    def install(self, room: Path) -> None:
        unpack_packages(room, "ruby-sidekiq")

    def enqueue(self, room: Path, url: str, work: Path) -> None:
        settings = (f"JOBS={PROGRAMS / 'live_jobs.rb'}", f"WORK={work}")
        run([*_ruby(room, url, *settings), _ENQUEUE], room)

    def worker(self, room: Path, url: str) -> Sequence[str | Path]:
        return [*_ruby(room, url), _WORK, "--", "-r", PROGRAMS / "live_jobs.rb", "-c", "2"]


def _ruby(room: Path, url: str, *settings: str) -> list[str]:
    found = list_environment(room, RUBYLIB=_LIBRARIES, GEM_PATH=_GEMS)
    return ["env", *found, f"REDIS_URL={url}", *settings, "ruby", "-e"]


PRODUCTS = (LiveSidekiq(),)
