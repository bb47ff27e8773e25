"""People: contacts, what is known of them, what they belong to and what they allowed."""
