//! Joins the two faces: one exchange is a permit, a lease and a bridge.
