"""What people and the core-agent said to each other: kept, found again, carried elsewhere."""
