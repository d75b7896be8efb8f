//! The vocabulary of the Model Context Protocol: revisions, methods, headers, _meta keys, capabilities.
