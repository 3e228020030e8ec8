"""Extracts an Article from a response. Sends no requests, stores nothing."""
