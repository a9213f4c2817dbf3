"""Runs handlers in processes that can be killed.

`crew` is the worker's side: one thread that starts, feeds, watches and kills children. `nest` is the process that forks them and
guards their leases. `child` is where handlers run. They share `messages` over `pipes`, and one `page` of memory a child.
"""
