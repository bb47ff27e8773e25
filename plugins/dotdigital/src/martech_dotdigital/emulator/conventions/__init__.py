"""What all of the vendor's operations have in common: answers, refusals, paging, limits, time and order."""
