"""Files of contacts, read row by row: nothing is lost, and a row that cannot be read says so."""

from martech.files.contacts_csv import read_contacts, read_rows

__all__ = ["read_contacts", "read_rows"]
