"""The HTTP interface that `queuetui serve` runs: the reads and acts of the console."""
