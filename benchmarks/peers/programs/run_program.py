"""Runs a program by its name, so that what it declares has the same path here and in the peer's own worker."""

from __future__ import annotations

import sys
from importlib import import_module

import_module(sys.argv.pop(1)).main()
