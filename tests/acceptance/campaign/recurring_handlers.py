"""The handlers of the campaign with one beside them that recurs every second."""

from __future__ import annotations

from queuetui import Context, job
from tests.acceptance.campaign.handlers import TYPE, campaign, work

__all__ = ["TICK", "TYPE", "campaign", "tick"]
TICK = "campaign-tick"


@job(TICK, every=1)
def tick(payload: object, context: Context) -> int:
    """Do what a job of no length does."""
    return work(context, 0, 0.0, 0)
