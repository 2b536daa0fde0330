"""Files into documents: found, decoded or converted, named."""
