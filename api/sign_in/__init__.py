"""Sign-in by magic link, and sessions."""
