//! Who is calling, what they may do, and how much: principals, permits, limits, Origin and Host.
