"""What is known: every story ever listed, its state, its article and each revision."""
