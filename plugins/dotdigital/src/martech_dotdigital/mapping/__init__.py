"""Between Dotdigital's words and ours: pure functions, and every table of words, one module per area."""
