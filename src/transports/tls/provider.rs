//! provider: in the making.
