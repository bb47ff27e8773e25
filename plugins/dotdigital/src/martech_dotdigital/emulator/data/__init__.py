"""Everything that is not a person or a message: records, events, forms, files, programs and scores."""
