//! Dialogues between clients of every revision and a scripted backend, in memory and in virtual time.

mod batch;
mod errors;
mod http_sse;
mod legacy;
mod lifecycle;
mod modern;
mod refusals;
mod resume;
mod support;
mod wire;
