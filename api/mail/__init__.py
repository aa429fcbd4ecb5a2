"""Mail: written in the transaction that wants it, sent by the errands worker."""
