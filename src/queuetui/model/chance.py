"""Random numbers that handlers do not influence."""

from __future__ import annotations

import random

# A handler may seed the generator of the module `random`, which the process shares, or replace its functions.
CHANCE = random.SystemRandom()
