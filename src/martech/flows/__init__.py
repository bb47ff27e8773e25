"""Behaviour of several operations, written once for every provider and both faces.

A flow awaits the contract's operations and may wait between them; it never calls a method of a client.
"""
