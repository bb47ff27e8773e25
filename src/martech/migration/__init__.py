"""Moving from one vendor to another: sources, mapping, plan and what is done on them."""
