"""Packages that keep schedules in the store of the product that they enqueue into."""
