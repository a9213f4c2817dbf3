"""The nouns and rules of queues; standard library only."""
