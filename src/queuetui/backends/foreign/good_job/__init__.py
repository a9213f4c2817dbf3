"""GoodJob 4, a queue of Rails on PostgreSQL."""
