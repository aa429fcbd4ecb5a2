"""CommunityRule's dynamic half: the API, the workers and the launcher.

The page engine lives in `site/plugins/`. `site` is a module of the standard library and can never be a package of ours,
so its plugins folder is put on the import path here, once, for everything that starts with `python -m api`.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = ROOT / "site" / "plugins"

if str(PLUGINS) not in sys.path:
    sys.path.append(str(PLUGINS))
