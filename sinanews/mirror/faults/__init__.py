"""Faults on demand, for what a mirror serves."""

from sinanews.mirror.faults.families import FAMILIES, KINDS
from sinanews.mirror.faults.faults import Faults
from sinanews.mirror.faults.shares import Shares

__all__ = ["FAMILIES", "KINDS", "Faults", "Shares"]
