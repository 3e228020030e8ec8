"""A miniature Sina on loopback, for the tests, the demo and the benchmarks.

It has the roll API with the quirks of the real one, article pages of each family, and faults on
demand. What stands at `https://HOST/PATH?QUERY` is served at
`http://127.0.0.1:PORT/HOST/PATH?QUERY`. All text is invented, and the same for the same seed.
"""
