//! Sessions, their states and their outgoing streams with replay.
