"""The same reads and acts over HTTP: what `queuetui serve` runs."""
