"""Runs jobs that are shell commands, each in a process group that is killed as a whole.

`group` starts and ends the processes, `tail` keeps the end of their output, `handler` makes the ending of the run from both.
"""
