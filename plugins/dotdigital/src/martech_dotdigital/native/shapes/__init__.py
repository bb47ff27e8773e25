"""What Dotdigital's own operations give, one module per area."""
