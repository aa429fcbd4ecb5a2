"""Pictures and files that people upload: decoded by a process of its own, stored once, never changed."""
