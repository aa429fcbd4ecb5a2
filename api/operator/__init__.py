"""What operators do: ask for a new release, see how things stand, check the tree."""
