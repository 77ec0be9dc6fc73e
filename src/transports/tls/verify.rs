//! verify: in the making.
