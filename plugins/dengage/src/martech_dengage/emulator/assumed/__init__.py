"""ASSUMPTION, all of it: operations whose names are documented but whose paths, fields or answers nobody saw.

Everything here may be wrong on the wire. It behaves as the named operations are said to behave, so that what is
built on them can be tried; a real account has to show the shapes.
"""
