"""What a person changes."""
