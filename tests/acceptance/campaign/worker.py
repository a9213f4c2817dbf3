"""A worker of the campaign: the product's own command, recorded, with a crash point set where the environment names one."""

from __future__ import annotations

from queuetui.backends.native.sql.mysql import database
from queuetui.backends.native.sql.postgresql import connection
from queuetui.cli.main import main
from tests.acceptance.campaign.clock import mend_sleep
from tests.acceptance.campaign.crash_points import set_from_environment
from tests.acceptance.campaign.load import ANSWER_WITHIN_S
from tests.acceptance.campaign.slot_witness import witness_slots
from tests.acceptance.recorded_worker import record_worker

if __name__ == "__main__":
    mend_sleep()
    record_worker()
    witness_slots()
    connection.ANSWER_WITHIN_S = ANSWER_WITHIN_S
    database.ANSWER_WITHIN_S = ANSWER_WITHIN_S
    set_from_environment()
    main()
