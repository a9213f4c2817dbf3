"""Alarms: which findings become alarms, when they end, and how commands and webhooks are told of them."""
