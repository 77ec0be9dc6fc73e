//! self_signed: in the making.
