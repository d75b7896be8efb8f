//! The event-stream (Server-Sent Events) codec: encoder and incremental decoder, pure.
