"""What workers and clients write: jobs, steps, endings, leases, schedules, rules; loads no SQLAlchemy."""
