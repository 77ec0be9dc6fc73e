//! explain: in the making.
