"""What runs come to: reports, verdicts, and how they are shown."""
