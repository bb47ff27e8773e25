"""Between dEngage's words and ours: pure functions, and every table of words."""
