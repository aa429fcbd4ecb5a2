"""Pictures and files that people add to their rules: taking, counting, collecting. The web server sends them."""
