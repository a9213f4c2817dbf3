"""The core for queues that are keys in Redis, read and changed by the description of a product."""
