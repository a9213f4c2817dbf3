"""What every reader and writer of an SQL database shares: addresses and connections."""
