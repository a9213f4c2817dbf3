"""The keys of a namespace, all with its hash tag, so that every script may touch all of them.

meta                schema, protocol, identity, server's run    q, q:QUEUE           queues by name; who paused one; rules, needy
j                   all jobs, each one value (records.py)            p:ID                 a long payload, never decoded
o:ID                its error, progress and long result              a:ID                 its kept attempts, fields led by the fence
all, ids            all jobs by creation; by their id                s:QUEUE:STATE        jobs put off by due time, ended ones by end
r:QUEUE:PRIORITY    pending jobs by due time                         lv:QUEUE             the priorities in use
due                 scheduled and retrying jobs of all queues        key:KEY, kx          the job of an idempotency key; when keys end
l, ls               leases by their end; their worker and queue      h:LEASE, c:LEASE     the jobs held by claim; those to be cancelled
w, w:WORKER         workers by beat; registrations                   tally:MINUTE         what happened, by queue; expires
act:ACT             who asked for what; expires                      act:ACT:rows         what became of each target; expires
corr:ID             the jobs of a correlation id by creation         (a job whose own id that is stands apart)
sched, sched:due    schedules by name; by next slot, unpaused        sc:NAME              what a schedule is and did last
slot:NAME:TIME      a slot that was taken; expires
n:ID, rx            what a job's runs told, fields led by the fence; when results end
usage:MINUTE        what runs counted, by queue, type and name; expires
lw:LEASE            how far its claims by rules have looked; expires
ev                  what happened, a stream of the newest            wake, told           no keys but channels: queues with new jobs; events
"""

from __future__ import annotations

from dataclasses import dataclass

from queuetui.model.state import State

# The order in which scripts return counts.
STATES = (
    State.SCHEDULED,
    State.PENDING,
    State.PROCESSING,
    State.RETRYING,
    State.COMPLETED,
    State.FAILED,
    State.CANCELLED,
)
ALL_JOBS = "all"


@dataclass(frozen=True, slots=True)
class Namespace:
    """The part of a server that belongs to one queue."""

    name: str

    @property
    def meta(self) -> str:
        """The key that is passed to every script, which derives all other keys from it."""
        return f"{{{self.name}}}:meta"

    @property
    def wake(self) -> str:
        """The channel on which enqueues publish the names of their queues."""
        return f"{{{self.name}}}:wake"

    @property
    def told(self) -> str:
        """The channel that announces new events."""
        return f"{{{self.name}}}:told"
