"""A miniature Sina on loopback: the fixture of the tests, the demo and the benchmark.

The roll API with its real quirks, article pages of each family, and faults on demand. What
stands at `https://HOST/PATH?QUERY` is served at `http://127.0.0.1:PORT/HOST/PATH?QUERY`. All
text is invented, and the same for the same seed.
"""
