"""Runs jobs that are a command of the system's shell, each in a process group that is killed whole.

`group` starts and ends the processes, `tail` keeps the end of what they write, `handler` turns them into the end of a run.
"""
