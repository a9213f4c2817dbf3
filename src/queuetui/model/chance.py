"""Chance that no handler takes from others: seeds and replacements of the module `random` do not change it."""

from __future__ import annotations

import random

CHANCE = random.SystemRandom()
