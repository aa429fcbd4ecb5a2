"""Report a rule to the operators."""
