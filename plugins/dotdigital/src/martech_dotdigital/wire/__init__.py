"""Dotdigital's shapes, in Dotdigital's words, checked when they arrive."""
