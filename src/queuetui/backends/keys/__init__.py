"""The core for queues that are keys in Redis.

A product describes its keys; this folder reads and changes them by that description.
"""
