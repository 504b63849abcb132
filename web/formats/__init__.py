"""Formats of numbers that differ from those of Django."""
