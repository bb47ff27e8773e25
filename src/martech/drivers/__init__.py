"""The only code that waits: two drivers, the HTTP library behind them, and clocks."""
