"""Harvests Sina Finance's domestic news into a Hexo archive and JSON Lines."""
