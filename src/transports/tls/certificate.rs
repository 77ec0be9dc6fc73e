//! What a certificate says, for messages. Whether it is to be believed is `verify.rs`.
