"""Known bugs, each planted in a small seeded play on a real store, to see that the checker tells them."""
