"""Pure functions that turn values into safe text of an exact width."""
