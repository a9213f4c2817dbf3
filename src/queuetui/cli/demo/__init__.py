"""A living workload to look at.

A queue of its own, workers that run, fail, hang and die, gone when the demo ends.
"""
