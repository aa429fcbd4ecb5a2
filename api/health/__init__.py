"""Whether the API and its database are well."""
