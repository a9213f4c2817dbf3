"""An incident bundle: the state of queues at one time, without secrets, as one HTML file."""
