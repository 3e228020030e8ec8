"""The bytes and the path of a post."""
