"""Does the work: claims, runs, finishes and sweeps jobs."""
