"""What is shipped, and what it is installed with."""
