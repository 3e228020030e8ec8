"""Values that every package needs."""
