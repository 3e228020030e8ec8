"""What a run tells while it works and when it ends."""
