"""RQ on Redis."""
