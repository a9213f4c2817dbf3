"""Acts of people on queues; nothing else changes a queue for a person."""
