"""What a rule's page tells machines: JSON-LD in the words of schema.org.

The type is `DigitalDocument`: a rule is a text at an address, neither a law nor an article. `@id` is the version's
permanent address, `url` where its rule is read. A `<script>` of this type is data: no browser runs it, and the site's
Content-Security-Policy has nothing against it.
"""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from rulepages.formats import Stated
from rulepages.text import data_block
from rulepages.uploads import photo_of


def structured_data(document: Mapping[str, Any], stated: Stated) -> Markup:
    """The text between `<script type="application/ld+json">` and `</script>`."""
    community = document["community"]
    data = {
        "@context": "https://schema.org",
        "@type": "DigitalDocument",
        "@id": stated.address,
        "url": stated.current,
        "name": community["name"],
        "version": str(stated.version),
        "dateModified": stated.published_at,
        "inLanguage": document.get("language") or "en",
        "license": stated.license_url,
        "identifier": {"@type": "PropertyValue", "propertyID": "SHA-256", "value": stated.sha256},
    }
    if community.get("context"):
        data["description"] = community["context"]
    if photo := photo_of(community):
        data["image"] = stated.upload(photo.upload)
    return data_block(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
