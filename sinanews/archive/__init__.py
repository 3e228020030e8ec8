"""The files of an archive: writing posts, and repairing what a kill left undone."""
