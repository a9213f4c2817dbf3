"""The queues of other systems."""
