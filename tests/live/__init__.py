"""The real workers of other products, run on what our verbs did to their jobs."""
