"""What is special about the native queue on Redis; what is not is told by tests/conformance."""
