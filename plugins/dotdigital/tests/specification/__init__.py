"""The proof against the vendor's own specification files."""
