"""Files that run workers and servers as services: systemd units, compose files."""
