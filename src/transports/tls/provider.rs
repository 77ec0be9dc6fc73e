//! Chooses the provider of cryptography. Every builder gets the provider explicitly, because the process has no default
//! when both are compiled in.

use std::sync::{Arc, LazyLock};

use rustls::CipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::crypto::hash::{Hash, HashAlgorithm};

#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs::default_provider;
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
use rustls::crypto::ring::default_provider;

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
compile_error!("TLS needs a provider of cryptography: choose one of the features aws-lc-rs and ring");

/// The provider of all connections.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let mut provider = default_provider();
    // AES-128 comes before AES-256, as in browsers. A handshake then uses SHA-256, which CPUs accelerate, and not
    // SHA-384, which would take a sixth of its time. Apart from that, the order of the provider is kept.
    provider.cipher_suites.sort_by_key(|suite| !is_aes_128(suite.suite()));
    Arc::new(provider)
});

fn is_aes_128(suite: CipherSuite) -> bool {
    matches!(
        suite,
        CipherSuite::TLS13_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

/// The cryptography that this crate was built with, for a configuration of rustls.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::clone(&PROVIDER)
}

/// SHA-256 of the provider, taken from a cipher suite that uses it.
pub(crate) fn sha256(data: &[u8]) -> [u8; 32] {
    let hash = PROVIDER
        .cipher_suites
        .iter()
        .filter_map(|suite| suite.tls13())
        .map(|suite| suite.common.hash_provider)
        .find(|hash: &&dyn Hash| hash.algorithm() == HashAlgorithm::SHA256)
        .expect("every implementation of TLS 1.3 has a suite with SHA-256");
    hash.hash(data).as_ref().try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_is_what_it_is_elsewhere() {
        let digest = sha256(b"abc").map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
