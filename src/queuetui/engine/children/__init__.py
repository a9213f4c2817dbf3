"""Runs handlers in processes that can be killed.

`process_executor` is the worker's side: one thread that starts, feeds, watches and kills children. `fork_server` is the process that
forks them and guards their leases. `child` is where handlers run. They share `messages` over `pipes`, and one `ChildMemory` a child.
"""
