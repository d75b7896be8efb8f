//! The bridge between protocol eras: pure state machines, no I/O, no clock.
