"""What tests share. Nothing outside `tests/` imports it."""
