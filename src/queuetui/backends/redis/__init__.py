"""What every reader of a Redis server shares: connections, errors, scripts, addresses."""
