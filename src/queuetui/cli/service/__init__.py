"""What a worker and a server are run by: a unit of systemd, a compose file."""
