"""The one rule document: draft, published version, template body, import and export."""
