//! The JSON-RPC 2.0 message envelope: params and results stay raw, to the byte.
