"""The writes of workers and clients: jobs, steps, leases, schedules, rules; imports no SQLAlchemy."""
