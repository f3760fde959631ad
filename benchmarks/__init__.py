"""Measurements against peers in the same run. See README.md here."""
