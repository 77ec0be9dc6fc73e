//! pem: in the making.
