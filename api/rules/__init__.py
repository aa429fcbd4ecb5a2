"""Rules: publish, revise, unpublish, publish again; and the one-page form that does it without JavaScript."""
