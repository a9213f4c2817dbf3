"""A worker of the campaign: the product's own command, recorded, with a crash point set where the environment names one."""

from __future__ import annotations

from queuetui.backends.native.sql import postgresql_connection
from queuetui.cli.main import main
from tests.acceptance.campaign.crash_points import set_from_environment
from tests.acceptance.recorded_worker import record_worker

# In proportion to the short leases here; a real worker waits longer than its server lets a statement take.
ANSWER_WITHIN_S = 6.0

if __name__ == "__main__":
    record_worker()
    postgresql_connection.ANSWER_WITHIN_S = ANSWER_WITHIN_S
    set_from_environment()
    main()
