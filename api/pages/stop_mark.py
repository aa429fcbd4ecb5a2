"""The clean-stop mark: pages are not fsynced, so after a power cut the tree may hold anything.

A worker that stops in order syncs the file system and leaves a mark; the next one takes it. Without the mark, after a
new boot of the machine, the tree is made again.
"""

import ctypes
import os
import threading

from api.pages.tree import Tree

SYNC_SECONDS = 2.0


def leave_stop_mark(tree: Tree) -> bool:
    """Sync, then mark; no mark when syncing takes too long."""
    helper = threading.Thread(target=_sync, args=[tree], daemon=True)
    helper.start()
    helper.join(SYNC_SECONDS)
    if helper.is_alive():
        return False
    (tree.build / ".stopped").touch()
    return True


def take_stop_mark(tree: Tree) -> bool:
    """Whether the last worker stopped in order; the mark holds for one start."""
    mark = tree.build / ".stopped"
    found = mark.exists()
    mark.unlink(missing_ok=True)
    return found


def _sync(tree: Tree) -> None:
    folder = os.open(tree.build, os.O_RDONLY | os.O_DIRECTORY)
    try:
        ctypes.CDLL(None).syncfs(folder)
    finally:
        os.close(folder)
