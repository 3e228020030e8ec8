"""A response becomes an Article; knows no storage."""
