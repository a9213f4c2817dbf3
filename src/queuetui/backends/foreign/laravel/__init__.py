"""Laravel's database queue: jobs, failed_jobs and job_batches, read and mended from outside."""
