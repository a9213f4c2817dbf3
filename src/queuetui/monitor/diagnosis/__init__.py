"""The rules that explain the state of a job: one rule a file, each a pure function over one snapshot."""
