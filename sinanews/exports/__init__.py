"""The archive in formats for others, one module a format."""
