"""One self-contained page for people: an archive's numbers, charts and changes.

`facts` asks the ledger, `sections` decides what is said of it in which `words`, `charts` draws, and
`page` puts it all into one file. altair, vl-convert and Jinja are needed, and only here:
`pip install sinanews[report]`.
"""
