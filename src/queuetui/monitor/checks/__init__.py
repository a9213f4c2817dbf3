"""What is looked at in a store, and what each reading means."""
