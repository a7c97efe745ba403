"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], object]
"""Told the steps done, the number of all steps, and what is being done; what it returns is not looked at."""
