"""E-mail: campaigns, their sends and reports, templates, and the two ways of sending one message."""
