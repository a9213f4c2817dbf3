"""The stores of our own queue."""
