"""The roll API's answers, and how far its lists are walked."""
