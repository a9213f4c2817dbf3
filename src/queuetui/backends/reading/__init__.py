"""What every reader needs, whatever its store: pure."""
