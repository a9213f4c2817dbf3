"""The server over HTTP, run for real on real stores."""
