"""Published rules become public pages: what is affected, the tree of files, releases, tombstones."""
