"""What is shipped for tests: promises, emulated conversations, clocks."""
