//! in the making
use super::Tls;
use crate::transports::id::Id;
use crate::transports::net::Net;
impl Net {
    pub(crate) fn start_tls(&mut self, _id: Id, tls: Tls) {
        let _ = tls.terms();
    }
}
