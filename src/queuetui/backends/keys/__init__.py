"""The core for queues that are keys in Redis: a product describes its keys, and is read and changed by what stands here."""
