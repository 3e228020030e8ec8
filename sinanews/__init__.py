"""Harvests Sina Finance's domestic news into a Hexo archive and JSON Lines."""

__version__ = "0.1.0"  # as in pyproject.toml
