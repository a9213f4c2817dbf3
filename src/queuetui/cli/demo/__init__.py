"""A running workload for the demo.

A queue of its own, workers that run, fail, hang and die, gone when the demo ends.
"""
