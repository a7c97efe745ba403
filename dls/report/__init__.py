"""Tables and figures as documents."""
