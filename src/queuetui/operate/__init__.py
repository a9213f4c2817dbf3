"""The only road by which a person changes a queue."""
