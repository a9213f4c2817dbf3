"""Jobs that are a command of the system's shell: how they are told from others."""

from __future__ import annotations

COMMAND_TYPE = "queuetui.command"
# The tag that every command job requires; only workers that run commands have it, so that no other worker claims one.
COMMAND_TAG = "queuetui.command"
OUTPUT_CAP_BYTES = 64 * 1024
