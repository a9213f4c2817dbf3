"""Why a job is where it is: one rule a file, each a pure function over one snapshot."""
