"""A worker of the campaign: the product's own command, with a crash point set where the environment names one."""

from __future__ import annotations

import os

from queuetui.cli.main import main
from tests.acceptance.campaign.crash_points import set_from_environment
from tests.acceptance.campaign.handlers import WORKER_VARIABLE

if __name__ == "__main__":
    os.environ[WORKER_VARIABLE] = str(os.getpid())
    set_from_environment()
    main()
