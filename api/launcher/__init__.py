"""One small launcher for all processes, the same in development and in the container; and how the site is served."""
