"""Random numbers that handlers do not influence."""

from __future__ import annotations

import random

# A handler may seed the module's generator, which a whole process shares, or replace its functions.
CHANCE = random.SystemRandom()
