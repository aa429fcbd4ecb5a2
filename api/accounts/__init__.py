"""A person's own account: the name that readers see."""
