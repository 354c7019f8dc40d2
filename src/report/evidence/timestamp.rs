//! The request to a time-stamping authority (RFC 3161) over `SHA256SUMS`.
//!
//! The same bytes as `openssl ts -query -sha256 -no_nonce -cert` writes: version
//! 1, the digest, no policy, no nonce, the certificate of the authority asked
//! for. Without a nonce the request is the same whenever it is made.

use sha2::{Digest as _, Sha256};

/// `TimeStampReq { version 1, messageImprint { sha-256 with NULL, … } … }`, up to
/// the digest.
const BEFORE: [u8; 24] = [
    0x30, 0x39, // SEQUENCE of 57 bytes
    0x02, 0x01, 0x01, // INTEGER 1
    0x30, 0x31, // SEQUENCE of 49 bytes
    0x30, 0x0d, // SEQUENCE of 13 bytes
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, // SHA-256
    0x05, 0x00, // NULL
    0x04, 0x20, // OCTET STRING of 32 bytes
];
/// BOOLEAN TRUE: certReq.
const AFTER: [u8; 3] = [0x01, 0x01, 0xff];

/// The request for these bytes.
pub(super) fn request(data: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(data);
    [&BEFORE[..], digest.as_slice(), &AFTER[..]].concat()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_request_is_what_openssl_writes() {
        // printf abc | openssl ts -query -data /dev/stdin -sha256 -no_nonce -cert | xxd -p
        let wanted = "30390201013031300d060960864801650304020105000420\
            ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0101ff";
        assert_eq!(crate::hash::hex(&super::request(b"abc")), wanted);
    }
}
