"""An incident bundle: what stood in a queue at one time, without secrets, as one HTML file."""
